"""The bubblewrap backend: one run from its job to its facts, with nothing left behind."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.domain.limits import Limits
from grader.domain.run import SandboxFacts
from grader.errors import SandboxError
from grader.sandbox.bubblewrap import held
from grader.sandbox.bubblewrap.command import Files, View, command, environment, guest
from grader.sandbox.bubblewrap.examine import examine
from grader.sandbox.bubblewrap.fault import Ending, verdict
from grader.sandbox.bubblewrap.launch import (
    Launched,
    Plan,
    launch,
    prepared_files,
    rlimits,
    staged,
)
from grader.sandbox.gpu.device import present
from grader.sandbox.interface import Finding, Job, Receive, RunEnd
from grader.sandbox.linux.cgroup import Group, Groups, Usage
from grader.sandbox.linux.cgroups_here import find
from grader.sandbox.linux.layout import Interpreter, checkouts, installed, job_binds, mask
from grader.sandbox.linux.pump import Pump
from grader.sandbox.linux.slots import Slot, Slots

STARTUP_SECONDS = 60.0
"""What a run may take beyond its limits: starting, and importing from a cold disk."""


class BubblewrapSandbox:
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
        self.interpreter, self._runtime = interpreter, runtime
        self.bwrap, self.groups = bwrap, groups
        self._startup_seconds = startup_seconds
        self._live: set[Launched] = set()
        self._closing = threading.Lock()
        self._closed = False
        try:
            self._mask = mask(runtime / "mask")
            self.slots = Slots(runtime / "slots", users=self._root)
        except OSError as error:
            raise SandboxError(
                "runtime", f"the folder {runtime} cannot be used: {error}"
            ) from error

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
        view = self._view(job)
        started = time.monotonic()
        with self.slots.hold() as slot, self._group(slot, job.limits) as group:
            with self._launched(self.bwrap, job, view, slot, group) as launched:
                pump = self._pump(launched, group, job, receive, slot.uid)
                pump.run()
            usage = group.usage() if group else Usage()
        return self._end(job.limits, launched.process, pump, usage, time.monotonic() - started)

    def close(self) -> None:
        """End all runs, from any thread, and begin no other: each raises SandboxError("closed")."""
        with self._closing:
            self._closed = True
            for launched in self._live:
                launched.kill()

    def _view(self, job: Job) -> View:
        return View(
            environment=self.interpreter.binds,
            emptied=checkouts(self.interpreter),
            masked=installed(self.interpreter),
            mask=self._mask,
            job=job_binds(job, other_user=self._root),
        )

    @contextmanager
    def _group(self, slot: Slot, limits: Limits) -> Iterator[Group | None]:
        if self.groups is None:
            yield None
            return
        group = self.groups.create(slot.name, limits)
        try:
            yield group
        finally:
            group.kill()
            group.remove()

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
            )
            launched = launch(plan, files, status)
        try:
            with self._closing:
                self._live.add(launched)
                if self._closed:
                    launched.kill()
            yield launched
        finally:
            with self._closing:
                self._live.discard(launched)
            try:
                _end_all(launched, group)
            finally:
                launched.close()

    def _command(self, bwrap: Path, view: View, job: Job, files: Files) -> tuple[str, ...]:
        limits = job.limits
        variables = environment(self.interpreter.prefix, limits.threads, job.lease)
        counted = None if self._holds("pids") else limits.processes
        program = guest(self.interpreter.python, counted, held.prlimit())
        return command(
            bwrap,
            view=view,
            variables=variables,
            limits=limits,
            files=files,
            program=program,
            lease=job.lease,
            devices=present(job.lease),
        )

    def _pump(
        self, launched: Launched, group: Group | None, job: Job, receive: Receive, user: int | None
    ) -> Pump:
        limits = job.limits
        seconds = limits.wall_seconds + limits.grace_seconds + self._startup_seconds
        return Pump(
            launched.streams,
            receive,
            cap=limits.evidence_bytes,
            deadline=time.monotonic() + seconds,
            end=lambda: _end_all(launched, group),
            look=lambda: job.look(user),
        )

    def _holds(self, controller: str) -> bool:
        return self.groups is not None and controller in self.groups.held

    def _end(
        self,
        limits: Limits,
        process: subprocess.Popen[bytes],
        pump: Pump,
        usage: Usage,
        seconds: float,
    ) -> RunEnd:
        stderr = pump.stderr.bytes().decode(errors="replace")
        judged = verdict(
            Ending(
                halted=pump.halted,
                status=pump.status.bytes(),
                returncode=process.returncode,
                heard=pump.received > 0,
                usage=usage,
                memory_limit=limits.memory_bytes,
                stderr=stderr,
            )
        )
        if isinstance(judged, SandboxError):
            raise SandboxError("closed", "the sandbox was closed") if self._closed else judged
        facts = SandboxFacts(
            sandbox=self.name,
            seconds=seconds,
            peak_memory_bytes=usage.peak_bytes,
            oom_kills=usage.oom_kills,
            forks_denied=usage.forks_denied,
            protections=held.protections(self.groups, own_user=self._root),
            warnings=held.warnings(self.groups),
        )
        return RunEnd(facts=facts, stopped=judged, stderr=stderr)


def _end_all(launched: Launched, group: Group | None) -> None:
    """Kill bubblewrap, hence its process namespace, then whoever else is in the group."""
    launched.end()
    if group is not None:
        group.kill()
