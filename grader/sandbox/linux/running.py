"""What every backend of this machine is built on: one run from its slot to its facts.

A backend says how a run is begun, how it is ended and how its end reads; everything else is the
same for all and is here: a slot, which gives the run its name and its user; a control group; the
pump, which reads the result pipe under a cap and a deadline; the end, where the run is killed, then
its whole group; the proof that nothing of it is left; the verdict; the facts; and `close`, which
ends all runs from another thread.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from grader.domain.limits import Limits
from grader.domain.run import SandboxFacts, Stopped
from grader.errors import SandboxError
from grader.sandbox.fault import Death, Ending, verdict
from grader.sandbox.interface import Job, Receive, RunEnd
from grader.sandbox.linux.cgroup import Group, Groups, Usage
from grader.sandbox.linux.left import Trace, prove_nothing_left
from grader.sandbox.linux.pump import Pump, Streams
from grader.sandbox.linux.slots import Slot, Slots


@dataclass(frozen=True)
class Told:
    """What a run said, to judge its end by.

    Attributes:
        heard: bytes of results came.
        status: the last bytes of the status pipe, which no guest can reach.
        stderr: the last of standard error, which a guest can forge.
        usage: its control group's counters.
    """

    heard: bool
    status: bytes
    stderr: str
    usage: Usage


@dataclass(frozen=True)
class Seen:
    """How a backend saw a run end.

    Attributes:
        death: what it makes of it.
        usage: the counters, to which it may add its own.
        namespaces: numbers of those that were the run's own, as far as it knows them.
    """

    death: Death
    usage: Usage
    namespaces: frozenset[int] = frozenset()


class Run(Protocol):
    """A run under way, as its backend holds it."""

    @property
    def streams(self) -> Streams:
        """What to read."""

    def kill(self) -> None:
        """Begin its end; from any thread, more than once, without waiting."""

    def end(self) -> None:
        """Kill it, and wait for what of it would not end without us; once or more.

        Raises SandboxError where it survives.
        """

    def seen(self, told: Told) -> Seen:
        """How it ended; called after its streams are at their ends."""


@dataclass(frozen=True)
class Held:
    """What protects the runs: see `SandboxFacts`."""

    protections: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    image: str | None = None


Begin = Callable[[Slot, Group | None], AbstractContextManager[Run]]
"""Begins a run in the calling thread; its context closes what that took, once the run has ended."""


class LinuxSandbox(ABC):
    """What the backends share; see `grader.sandbox.interface.Sandbox`. Safe to share by threads."""

    name: str

    def __init__(self, slots: Slots, groups: Groups | None, startup_seconds: float) -> None:
        """Prepare.

        Args:
            slots: places to run in.
            groups: where control groups can be made; None: nowhere.
            startup_seconds: what a run may take beyond wall and grace time.
        """
        self.slots, self.groups = slots, groups
        self._startup_seconds = startup_seconds
        self._live: set[Run] = set()
        self._closing = threading.Lock()
        self._closed = False

    @abstractmethod
    def run(self, job: Job, receive: Receive) -> RunEnd:
        """See `Sandbox`: prepare what takes no time of the student's, then `_carry_out`."""

    def close(self) -> None:
        """See `Sandbox`."""
        with self._closing:
            self._closed = True
            for run in self._live:
                run.kill()

    def _carry_out(self, job: Job, receive: Receive, begin: Begin, held: Held) -> RunEnd:
        """One run, from its slot to its facts, with nothing left behind.

        Raises:
            SandboxError: our fault; or the sandbox was closed.
        """
        if self._closed:
            raise _closed()
        started = time.monotonic()
        with self.slots.hold() as slot:
            with (
                self._group(slot, job.limits) as group,
                begin(slot, group) as run,
                self._under_way(run, group),
            ):
                pump = self._pump(run, group, job, receive, slot.uid)
                pump.run()
                seconds, ended = time.monotonic() - started, time.clock_gettime(time.CLOCK_BOOTTIME)
                told = _told(pump, group)
                seen = run.seen(told)
            groups = group.folders if group else ()
            prove_nothing_left(
                Trace(slot.name, seen.namespaces, slot.uid, ended, groups, job.folder)
            )
        judged = verdict(Ending(pump.halted, seen.death, seen.usage, job.limits.memory_bytes))
        if isinstance(judged, SandboxError):
            raise _closed() if self._closed else judged
        facts = self._facts(held, seen.usage, seconds)
        return RunEnd(facts=facts, stopped=judged, stderr=told.stderr)

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
    def _under_way(self, run: Run, group: Group | None) -> Iterator[None]:
        try:
            with self._closing:
                self._live.add(run)
                if self._closed:
                    run.kill()
            yield
        finally:
            with self._closing:
                self._live.discard(run)
            _end_all(run, group)

    def _pump(
        self, run: Run, group: Group | None, job: Job, receive: Receive, user: int | None
    ) -> Pump:
        limits = job.limits
        seconds = limits.wall_seconds + limits.grace_seconds + self._startup_seconds
        return Pump(
            run.streams,
            receive,
            cap=limits.evidence_bytes,
            deadline=time.monotonic() + seconds,
            end=lambda: _end_all(run, group),
            look=lambda: self._look(job, user),
        )

    def _look(self, job: Job, user: int | None) -> Stopped | None:
        if self._closed:
            raise _closed()
        return job.look(user)

    def _facts(self, held: Held, usage: Usage, seconds: float) -> SandboxFacts:
        return SandboxFacts(
            sandbox=self.name,
            image=held.image,
            seconds=seconds,
            cpu_seconds=usage.cpu_seconds,
            peak_memory_bytes=usage.peak_bytes,
            oom_kills=usage.oom_kills,
            forks_denied=usage.forks_denied,
            protections=held.protections,
            warnings=held.warnings,
        )


def _told(pump: Pump, group: Group | None) -> Told:
    return Told(
        heard=pump.received > 0,
        status=pump.status.bytes(),
        stderr=pump.stderr.bytes().decode(errors="replace"),
        usage=group.usage() if group else Usage(),
    )


def _closed() -> SandboxError:
    return SandboxError("closed", "the sandbox was closed")


def _end_all(run: Run, group: Group | None) -> None:
    """End what the backend began, hence its process namespace, then whoever is in the group."""
    run.end()
    if group is not None:
        group.kill()


@contextmanager
def usable(runtime: Path) -> Iterator[None]:
    """Makes failures to prepare a runtime folder ours. Raises SandboxError("runtime")."""
    try:
        yield
    except OSError as error:
        raise SandboxError("runtime", f"the folder {runtime} cannot be used: {error}") from error
