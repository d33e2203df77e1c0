"""The bubblewrap backend: each run is a process tree in namespaces of its own, without a daemon.

Theory of operation. A run holds a slot, which gives it a user of its own where we are root, and a
control group where one can be made. The *launcher*, a small program of its own with an empty
environment, enters the group, sets the rlimits, becomes the slot's user and then bubblewrap, which
leaves every namespace, builds the view (the system and the Python environment read-only, the job,
three bounded tmpfs), gives up every capability, puts our system call filter on and starts the
guest. Neither has a descriptor that the guest could use: results go to standard output, what
bubblewrap has to say to a pipe that it closes for the guest.

What ends a run. bubblewrap is the parent of the first process of a process namespace: killing it
kills that (``--die-with-parent``), and with that the kernel kills all others, whatever they ignore.
The group is then killed as well, for what would have got out of the namespace. The kernel also
kills bubblewrap when the thread that started it ends, so that a grader's death leaves no run.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox.bubblewrap.command import Files, View, command, environment, guest
from grader.sandbox.bubblewrap.examine import examine
from grader.sandbox.bubblewrap.held import held, prlimit
from grader.sandbox.bubblewrap.launch import (
    STAGE,
    Launched,
    Plan,
    launch,
    prepared_files,
    rlimits,
    scratch,
    staged,
    view_of,
)
from grader.sandbox.gpu.device import present
from grader.sandbox.interface import Finding, Job, Receive, RunEnd
from grader.sandbox.linux.cgroup import Group, Groups
from grader.sandbox.linux.cgroups_here import find
from grader.sandbox.linux.layout import Interpreter, mask
from grader.sandbox.linux.running import LinuxSandbox, usable
from grader.sandbox.linux.slots import Slot, Slots

STARTUP_SECONDS = 60.0
"""What a run may take beyond its limits: starting, and importing from a cold disk."""


class BubblewrapSandbox(LinuxSandbox):
    """Runs jobs in bubblewrap; see `grader.sandbox.interface.Sandbox`. Safe to share by threads."""

    name = "bubblewrap"

    def __init__(
        self,
        interpreter: Interpreter,
        runtime: Path,
        *,
        bwrap: Path | None,
        groups: Groups | None,
        startup_seconds: float = STARTUP_SECONDS,
    ) -> None:
        """Prepare; touches only `runtime`.

        Args:
            interpreter: the Python environment that runs inside.
            runtime: folder of locks; the same for all graders of one user on a machine.
            bwrap: the program; None: this machine has none.
            groups: where control groups can be made; None: nowhere, rlimits must do.
            startup_seconds: what a run may take beyond wall and grace time.

        Raises:
            SandboxError: `runtime` cannot be written.
        """
        self._root = os.geteuid() == 0
        self.interpreter, self.bwrap = interpreter, bwrap
        with usable(runtime):
            self._mask = mask(runtime / "mask")
            slots = Slots(runtime / "slots", users=self._root)
        super().__init__(slots, groups, startup_seconds)

    @classmethod
    def here(cls, runtime: Path) -> "BubblewrapSandbox":
        """For this machine and the environment that this process runs in."""
        found = shutil.which("bwrap", path="/usr/local/bin:/usr/bin:/bin")
        return cls(
            Interpreter(Path(sys.prefix), Path(sys.base_prefix)),
            runtime,
            bwrap=Path(found) if found else None,
            groups=find(),
        )

    def examine(self) -> tuple[Finding, ...]:
        """See `Sandbox`."""
        return examine(self, self.bwrap, self.groups, self.interpreter)

    def run(self, job: Job, receive: Receive) -> RunEnd:
        """See `Sandbox`."""
        if self.bwrap is None:
            raise SandboxError("no_bubblewrap", "bwrap was not found in /usr/bin")
        bwrap = self.bwrap
        view = view_of(job, self.interpreter, self._mask, other_user=self._root)
        return self._carry_out(
            job,
            receive,
            lambda slot, group: self._launched(bwrap, job, view, slot, group),
            held(self.groups, own_user=self._root, files_counted=self.slots.users),
        )

    @contextmanager
    def _launched(
        self, bwrap: Path, job: Job, view: View, slot: Slot, group: Group | None
    ) -> Iterator[Launched]:
        seen, stage = (view, {}) if slot.uid is None else staged(view)
        with prepared_files() as (files, status):
            plan = Plan(
                join=group.join if group else (),
                rlimits=rlimits(job.limits, memory_held=self._holds("memory")),
                user=slot.uid,
                stage=stage,
                command=self._command(bwrap, seen, job, files),
                scratch={} if slot.uid is None else scratch(slot.uid, job.limits.tmp_bytes),
            )
            launched = launch(Launched, plan, files.descriptors, status)
        try:
            yield launched
        finally:
            launched.close()

    def _command(self, bwrap: Path, view: View, job: Job, files: Files) -> tuple[str, ...]:
        limits = job.limits
        variables = environment(self.interpreter.prefix, limits.threads, job.lease)
        counted = None if self._holds("pids") else limits.processes
        program = guest(self.interpreter.python, counted, prlimit())
        return command(
            bwrap,
            view=view,
            variables=variables,
            limits=limits,
            files=files,
            program=program,
            stage=STAGE if self.slots.users else None,
            lease=job.lease,
            devices=present(job.lease),
        )

    def _holds(self, controller: str) -> bool:
        return self.groups is not None and controller in self.groups.held
