"""Keeps programs running, and ends them together.

Everything happens in one thread, which sleeps in `sigtimedwait`: for the end of a child, or for a
signal that asks us to end. So no handler interrupts anything, and the kernel, which ends the
children of a *thread* that died, watches the right one.
"""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from grader.embedded.program import Child, Program, last_words
from grader.errors import ServeError

ASKED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that ask us to end."""
LOOK_SECONDS = 0.1
"""How often it is asked whether what started is ready."""
FIRST_DELAY, LAST_DELAY = 0.5, 30.0
"""Seconds before a program that ended is started again: doubled each time, up to the last."""
STEADY_SECONDS = 60.0
"""A program that ran for so long was well: its next end counts as the first."""
START_TRIES = 3
"""Ends before it was ever ready, after which a program cannot be started."""


@dataclass
class Kept:
    """One program: its process, or when it is started again."""

    program: Program
    child: Child | None = None
    since: float = 0
    was_ready: bool = False
    """Since its last start."""
    ends: int = 0
    """In a row, without having been steady between."""
    again_at: float = 0

    def start(self, now: float) -> None:
        """Start it."""
        self.child = Child(self.program)
        self.since, self.was_ready = now, False

    def look(self) -> bool:
        """Whether it has been ready since its last start."""
        if self.child is not None and not self.was_ready:
            self.was_ready = self.program.ready()
        return self.was_ready


class Supervisor:
    """Starts programs stage by stage, keeps them running, and ends them, the last one first."""

    def __init__(self, stages: Sequence[Sequence[Program]], tell: Callable[[str], None]) -> None:
        """Start nothing yet.

        Args:
            stages: the programs of a stage are started together, once those before are ready.
            tell: gets a line for people about each thing that happens.
        """
        self._stages = [[Kept(program) for program in stage] for stage in stages]
        self._kept = [kept for stage in self._stages for kept in stage]
        self._tell = tell

    def run(self, started: Callable[[], None]) -> None:
        """Run all until a signal asks us to end; a second one ends them at once.

        Args:
            started: called once, when all are ready.

        Raises:
            ServeError: one of them cannot be started: it ended again and again before it was ready.
        """
        with _blocked():
            try:
                if self._start():
                    started()
                    while not self._asked(self._until_next()):
                        self._tend()
            finally:
                self._end()

    def _start(self) -> bool:
        """All stages; False where a signal came before all were ready."""
        for stage in self._stages:
            for kept in stage:
                kept.start(monotonic())
            while not _all_ready(stage):
                if self._asked(LOOK_SECONDS):
                    return False
                self._tend()
                self._give_up_hopeless()
        return True

    def _give_up_hopeless(self) -> None:
        for kept in self._kept:
            if kept.child is None and not kept.was_ready and kept.ends >= START_TRIES:
                raise ServeError(
                    f"{kept.program.name} ended {kept.ends} times before it was ready; the end of "
                    f"{kept.program.log}:\n{last_words(kept.program)}"
                )

    def _tend(self) -> None:
        """Take note of what ended, and start again what has waited long enough."""
        for kept in self._kept:
            now = monotonic()
            kept.look()
            if kept.child is not None and kept.child.ended:
                self._ended(kept, kept.child, now)
            elif kept.child is None and kept.since and now >= kept.again_at:
                self._start_again(kept, now)

    def _start_again(self, kept: Kept, now: float) -> None:
        try:
            kept.start(now)
        except ServeError as error:  # no process, no space: the others need not end for that
            kept.ends += 1
            kept.again_at = now + _delay(kept.ends)
            self._tell(str(error))

    def _ended(self, kept: Kept, child: Child, now: float) -> None:
        code = child.kill()
        kept.child = None
        kept.ends = 1 if kept.was_ready and now - kept.since > STEADY_SECONDS else kept.ends + 1
        kept.again_at = now + _delay(kept.ends)
        if not kept.was_ready:
            kept.program.mend()
        self._tell(
            f"{kept.program.name} {_how(code)}; it starts again in {_delay(kept.ends):g} s "
            f"(see {kept.program.log})"
        )

    def _until_next(self) -> float:
        """Seconds until something is to be done if no signal comes."""
        now = monotonic()
        if any(kept.child is not None and not kept.was_ready for kept in self._kept):
            return LOOK_SECONDS
        waits = [kept.again_at - now for kept in self._kept if kept.child is None]
        return max(0.0, min(waits, default=3600.0))

    def _asked(self, seconds: float) -> bool:
        """Wait for a signal; whether it asks us to end. The end of a child is no such."""
        found = signal.sigtimedwait((*ASKED, signal.SIGCHLD), seconds)
        return found is not None and found.si_signo in ASKED

    def _end(self) -> None:
        patient = True
        for kept in reversed(self._kept):
            if kept.child is None:
                continue
            if patient:
                kept.child.ask()
                patient = self._waited(kept.child)
            kept.child.kill()
            kept.child = None

    def _waited(self, child: Child) -> bool:
        """Wait for its end as long as it may take; False where a signal said not to."""
        deadline = monotonic() + child.program.grace
        while not child.ended:
            rest = deadline - monotonic()
            if rest <= 0:
                self._tell(f"{child.program.name} did not end by itself, and was killed")
                return True
            if self._asked(rest):
                self._tell("asked again: everything is killed")
                return False
        return True


def _all_ready(stage: Sequence[Kept]) -> bool:
    """Each is asked: none of them waits for another."""
    return False not in [kept.look() for kept in stage]


def _delay(ends: int) -> float:
    return min(FIRST_DELAY * 2.0 ** min(ends - 1, 10), LAST_DELAY)


def _how(code: int) -> str:
    return f"ended with {code}" if code >= 0 else f"was killed by {signal.Signals(-code).name}"


@contextmanager
def _blocked() -> Iterator[None]:
    """Signals wait until `sigtimedwait` takes them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (*ASKED, signal.SIGCHLD))
    try:
        yield
    finally:
        while signal.sigtimedwait((*ASKED, signal.SIGCHLD), 0) is not None:
            pass  # what is still pending has been done
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
