"""The warm backend: each run is a fork of a process that has imported the libraries.

Theory of operation. A *parent* is a process of its own, executed with an empty environment and one
socket to the grading process. It imports numpy, torch and their kin once, runs nothing of theirs
and nothing of any student, keeps one thread, and forks whenever it is asked. Three forks make a
run (``parent/warm_run.py``): the *keeper*, which enters the control groups, becomes the slot's user
and leaves every namespace; the namespace's *first process*, which builds the same view as
bubblewrap does, gives up every privilege and puts our system call filter on; and the *guest*. What
is forked costs its own pages only: importing takes no time and next to no memory.

What follows from a fork instead of an exec, and what is done about it:

- A child has a copy of the parent's memory, so the parent must know nothing. It is given pipes, not
  plans: a run's plan is read by its own fork.
- Descriptors pass a fork: each child closes all but its own.
- Generators of random numbers would all go on from the same state: each child seeds them anew.
- Address layout and hash seed are the same in all children of a parent, so a student's run can know
  another's. It gains nothing without a hole; still, a parent is replaced after some forks.
- Threads and CUDA do not survive a fork: the parent has one thread, asserted before each fork, and
  never asks about CUDA. Jobs that leased a GPU are run cold.
- Memory that is shared is charged to the grading process's group; a run's group counts what it
  changes and allocates.

The parent ends when the grading process does, and every run with its parent.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox.bubblewrap import BubblewrapSandbox
from grader.sandbox.bubblewrap.command import View, environment
from grader.sandbox.bubblewrap.held import held
from grader.sandbox.bubblewrap.launch import rlimits, view_of
from grader.sandbox.bubblewrap.seccomp import filter_for_this_machine
from grader.sandbox.interface import Finding, Job, Receive, RunEnd, Sandbox
from grader.sandbox.linux.cgroup import Group, Groups
from grader.sandbox.linux.cgroups_here import find
from grader.sandbox.linux.layout import Interpreter, mask
from grader.sandbox.linux.running import LinuxSandbox, usable
from grader.sandbox.linux.slots import Slot, Slots
from grader.sandbox.warm.examine import examine
from grader.sandbox.warm.fork import Forked, fork
from grader.sandbox.warm.parents import FORKS, MODULES, PROGRAM, Parents, Start
from grader.sandbox.warm.plan import Hold, plan, with_filter

STARTUP_SECONDS = 60.0
"""What a run may take beyond its limits."""
_SYSTEM = tuple(map(Path, ("/etc/ld.so.cache", "/etc/fonts", "/etc/alternatives")))


class WarmSandbox(LinuxSandbox):
    """Runs jobs in forks; see `grader.sandbox.interface.Sandbox`. Safe to share by threads."""

    name = "warm"

    def __init__(
        self,
        interpreter: Interpreter,
        runtime: Path,
        *,
        groups: Groups | None,
        cold: Sandbox | None = None,
        modules: tuple[str, ...] = MODULES,
        forks: int = FORKS,
        program: Path = PROGRAM,
        startup_seconds: float = STARTUP_SECONDS,
    ) -> None:
        """Prepare; touches only `runtime`, and starts nothing before the first run.

        Args:
            interpreter: the Python environment that runs inside.
            runtime: folder of locks; the same for all graders of one user on a machine.
            groups: where control groups can be made; None: nowhere, rlimits must do.
            cold: where jobs with a GPU are run; None: nowhere.
            modules: what a parent imports.
            forks: runs until a parent is replaced.
            program: folder of the parent's own code.
            startup_seconds: what a run may take beyond wall and grace time.

        Raises:
            SandboxError: `runtime` cannot be written.
        """
        self._root = os.geteuid() == 0
        self.interpreter, self._cold = interpreter, cold
        fonts = runtime / "matplotlib"
        with usable(runtime):
            self._mask = mask(runtime / "mask")
            super().__init__(Slots(runtime / "slots", users=self._root), groups, startup_seconds)
            fonts.mkdir(exist_ok=True)
        variables = {**environment(interpreter.prefix, 1), "MPLCONFIGDIR": str(fonts)}
        self._parents = Parents(Start(interpreter, modules, variables, program), forks)

    @classmethod
    def here(cls, runtime: Path) -> "WarmSandbox":
        """For this machine and the environment that this process runs in."""
        here = Interpreter(Path(sys.prefix), Path(sys.base_prefix))
        return cls(here, runtime, groups=find(), cold=BubblewrapSandbox.here(runtime))

    def examine(self) -> tuple[Finding, ...]:
        """See `Sandbox`."""
        return examine(self, self.groups, self.interpreter)

    def run(self, job: Job, receive: Receive) -> RunEnd:
        """See `Sandbox`."""
        if job.lease is not None:
            return self._with_gpu(job, receive)
        if self._closed:
            raise SandboxError("closed", "the sandbox was closed")
        view = view_of(job, self.interpreter, self._mask, other_user=self._root)
        self.warm_up()  # no student waits for it
        holds = held(self.groups, own_user=self._root, files_counted=True)
        return self._carry_out(job, receive, partial(self._begin, job, view), holds)

    def warm_up(self) -> None:
        """Start a parent, unless there is one: seconds. Raises SandboxError where it fails."""
        self._parents.warm_up()

    def close(self) -> None:
        """See `Sandbox`."""
        super().close()
        self._parents.close()
        if self._cold is not None:
            self._cold.close()

    def _with_gpu(self, job: Job, receive: Receive) -> RunEnd:
        """Torch reads how much of a GPU it may take when it is imported: such a run starts cold."""
        if self._cold is None:
            raise SandboxError("warm_gpu", "a run with a GPU needs --sandbox bubblewrap")
        return self._cold.run(job, receive)

    @contextmanager
    def _begin(self, job: Job, view: View, slot: Slot, group: Group | None) -> Iterator[Forked]:
        forked = fork(self._parents, self._plan(job, view, slot, group))
        try:
            yield forked
        finally:
            forked.close()
            self._parents.leave(forked.parent)

    def _plan(self, job: Job, view: View, slot: Slot, group: Group | None) -> dict[str, object]:
        held_here = self.groups.held if self.groups else frozenset()
        hold = Hold(
            join=group.join if group else (),
            rlimits=rlimits(job.limits, memory_held=True),
            user=slot.uid,
            processes=None if "pids" in held_here else job.limits.processes,
            private_bytes=None if "memory" in held_here else job.limits.memory_bytes,
        )
        system = tuple(path for path in _SYSTEM if path.exists())
        variables = environment(self.interpreter.prefix, job.limits.threads)
        planned = plan(view, system, hold, job.limits, variables)
        return with_filter(planned, filter_for_this_machine())
