"""A worker's own health: what it needs for grading is looked at again and again.

A worker that fails three times in a row takes nothing more and says so; others do its work. It goes
on once it is well again.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from math import inf
from pathlib import Path
from tempfile import gettempdir
from time import monotonic

import structlog

from grader.errors import GraderError, LedgerError
from grader.ledger import Ledger
from grader.ledger.clock import Clock, database_now, utc_now
from grader.logs import where
from grader.sandbox import Finding

FAILURES = 3
"""In a row, after which a worker takes nothing more."""
FREE_BYTES = 512 * 1024**2
"""What the disk for temporary files must have left: a job, its evidence, and its packing."""
_log = structlog.get_logger(__name__)

Look = Callable[[], str | None]
"""Looks at one thing; what is wrong, or None."""


class Health:
    """How a worker is, over time."""

    def __init__(self, looks: Mapping[str, Look]) -> None:
        """Look at nothing yet; `looks`: by the name of what is looked at."""
        self._looks = looks
        self.failures = 0
        """In a row."""
        self.wrong = ""
        """What the last look found."""

    @property
    def failing(self) -> bool:
        """Whether the worker must take nothing more."""
        return self.failures >= FAILURES

    def look(self) -> None:
        """Look at everything."""
        self.wrong = "; ".join(self._found())
        self.failures = self.failures + 1 if self.wrong else 0
        if self.wrong:
            _log.error("unwell", times=self.failures, wrong=self.wrong)

    def _found(self) -> Iterator[str]:
        for name, look in self._looks.items():
            try:
                wrong = look()
            except (GraderError, OSError) as error:
                wrong = str(error)
            except Exception as error:  # noqa: BLE001 - a worker that cannot look is not well
                wrong = where(error)
            if wrong:
                yield f"{name}: {wrong}"


def seldom(look: Look, seconds: float, clock: Callable[[], float] = monotonic) -> Look:
    """A look that costs time: once it found all well, that is believed for so many seconds."""
    believed_until = -inf

    def looked() -> str | None:
        nonlocal believed_until
        if clock() < believed_until:
            return None
        wrong = look()
        if not wrong:
            believed_until = clock() + seconds
        return wrong

    return looked


def sandbox_look(examine: Callable[[], tuple[Finding, ...]]) -> str | None:
    """What a sandbox lacks that it cannot do without."""
    wrong = [f"{f.name}: {f.found} ({f.fix})" for f in examine() if f.required and not f.ok]
    return ", ".join(wrong) or None


def clock_look(ledger: Ledger, most: timedelta, clock: Clock = utc_now) -> str | None:
    """Whether this machine's clock is that of the database, to within `most`.

    Leases are moments: whoever is behind by one would lose all that it works on. Where the database
    is gone nobody knows, and nothing can be claimed.
    """
    before = clock()
    try:
        with ledger.read() as session:
            there = database_now(session)
    except LedgerError:
        return None
    if before - most <= there <= clock() + most:
        return None
    return (
        f"this machine's clock is {(before - there).total_seconds():+.0f} s from the database's,"
        f" expected at most {most.total_seconds():g} s: let NTP set the clocks of all machines"
    )


def disk_look() -> str | None:
    """Whether the disk for temporary files is nearly full."""
    folder = Path(gettempdir())
    free = shutil.disk_usage(folder).free
    if free >= FREE_BYTES:
        return None
    return f"{folder} has {free >> 20} MiB left, expected {FREE_BYTES >> 20} or more"
