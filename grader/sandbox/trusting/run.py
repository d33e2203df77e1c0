"""The same guest as a plain process of whoever runs the grader.

Theory of operation. The launcher sets the rlimits, and the guest starts in an empty home folder,
with our environment of variables and a process group of its own. That is all: the notebook has the
network, every file of the user, the reference solution among them, and every other process of the
user. Nothing that comes out of such a run can be believed of a notebook that is not trusted; so it
is chosen by name and by a second option only, and marks its report.

Where control groups can be made the run has one, so that memory is bounded and nothing of it
outlives it. Elsewhere its process group is killed, which a daemon leaves by itself.

What cannot be told: who killed the guest. Its own end by SIGKILL is taken for the notebook's doing.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox.bubblewrap.command import environment
from grader.sandbox.bubblewrap.launch import Plan, Started, launch, rlimits
from grader.sandbox.fault import Death, Exited, Unstarted
from grader.sandbox.interface import Finding, Job, Receive, RunEnd
from grader.sandbox.linux.cgroup import Group, Groups
from grader.sandbox.linux.cgroups_here import find
from grader.sandbox.linux.layout import HOME, Interpreter, job_binds
from grader.sandbox.linux.running import Held, LinuxSandbox, Seen, Told, usable
from grader.sandbox.linux.slots import Slot, Slots

STARTUP_SECONDS = 60.0
"""What a run may take beyond its limits: starting, and importing from a cold disk."""
WARNING = (
    "There was no sandbox: the notebook ran as the grader's user, with the network, all files and"
    " the reference solution within reach. Its points are worth what its author's word is."
)
_ENV = "/usr/bin/env"
_NOT_EXECUTED = {126, 127}
"""Exit codes of ``env`` where it could not start the guest."""


class Trusted(Started):
    """A run under way."""

    def kill(self) -> None:
        """See `Run`. Not once it was waited for: its number may be another's by then."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def seen(self, told: Told) -> Seen:
        """See `Run`."""
        return Seen(_death(told, self.process.returncode), told.usage)


def _death(told: Told, returncode: int) -> Death:
    said = told.stderr.strip()
    if not told.heard and returncode in _NOT_EXECUTED:
        return Unstarted(
            SandboxError("interpreter_unreachable", f"the guest did not start: {said}")
        )
    if not told.heard and said.startswith("launcher:"):
        return Unstarted(SandboxError("launcher_failed", f"the guest did not start: {said}"))
    return Exited(killed=returncode == -signal.SIGKILL)


class TrustingSandbox(LinuxSandbox):
    """Runs jobs unprotected; see `grader.sandbox.interface.Sandbox`. Safe to share by threads."""

    name = "none"

    def __init__(
        self,
        interpreter: Interpreter,
        runtime: Path,
        *,
        groups: Groups | None,
        startup_seconds: float = STARTUP_SECONDS,
    ) -> None:
        """Prepare; touches only `runtime`.

        Args:
            interpreter: the Python environment that runs the guest.
            runtime: folder of locks; the same for all graders of one user on a machine.
            groups: where control groups can be made; None: nowhere, rlimits must do.
            startup_seconds: what a run may take beyond wall and grace time.

        Raises:
            SandboxError: `runtime` cannot be written.
        """
        self.interpreter = interpreter
        with usable(runtime):
            slots = Slots(runtime / "slots", users=False)
        super().__init__(slots, groups, startup_seconds)

    @classmethod
    def here(cls, runtime: Path) -> "TrustingSandbox":
        """For this machine and the environment that this process runs in."""
        return cls(Interpreter(Path(sys.prefix), Path(sys.base_prefix)), runtime, groups=find())

    def examine(self) -> tuple[Finding, ...]:
        """See `Sandbox`: it needs nothing."""
        return (Finding(name="no sandbox", ok=True, found=WARNING),)

    def run(self, job: Job, receive: Receive) -> RunEnd:
        """See `Sandbox`."""
        job_binds(job, other_user=False)  # the same errors as where they are bound
        held = Held(protections=(), warnings=(WARNING,))
        return self._carry_out(job, receive, partial(self._begin, job), held)

    @contextmanager
    def _begin(self, job: Job, _: Slot, group: Group | None) -> Iterator[Trusted]:
        with tempfile.TemporaryDirectory(prefix="grader-home-", ignore_cleanup_errors=True) as home:
            plan = Plan(
                join=group.join if group else (),
                rlimits=rlimits(job.limits, memory_held=group is not None),
                user=None,
                stage={},
                command=self._command(job, home),
            )
            run = launch(Trusted, plan)
            try:
                yield run
            finally:
                run.close()

    def _command(self, job: Job, home: str) -> tuple[str, ...]:
        given = environment(self.interpreter.prefix, job.limits.threads, job.lease)
        variables = [f"{name}={value.replace(str(HOME), home)}" for name, value in given.items()]
        program = (str(self.interpreter.python), "-I", "-B", str(job.folder / "guest"))
        data = [str(job.data)] if job.data else [f"{home}/no-data"]
        return (_ENV, "-C", home, *variables, *program, str(job.folder), *data)
