"""Where a submission stands in its lane: one look at the lane for all who ask within a second."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from grader.domain.service import Lane
from grader.ledger import views
from grader.ledger.work import Submission
from grader.service.adapters import Adapters
from grader.service.fresh import Fresh

RUN_SECONDS_FRESH = 20
"""How old the median of an assignment's runs may be, in units of the lanes' freshness."""


@dataclass(frozen=True)
class Standing:
    """Where it waits.

    Attributes:
        place: from 1.
        expected_wait_seconds: until it begins, roughly; None where that cannot be told.
    """

    place: int
    expected_wait_seconds: float | None


class Places:
    """Places and waits, from lanes that were looked at a moment ago."""

    def __init__(self, adapters: Adapters) -> None:
        self._clock = adapters.clock
        fresh = adapters.bounds.fresh_seconds
        self._lines: Fresh[Lane, views.Line] = Fresh(fresh)
        self._runs: Fresh[str, float | None] = Fresh(fresh * RUN_SECONDS_FRESH)

    def of(self, session: Session, row: Submission) -> Standing | None:
        """Where it stands; None unless it waits."""
        if row.state != "queued":
            return None
        line = self._lines.get(row.lane, lambda: views.line(session, row.lane, self._clock()))
        place = line.place(row.id)
        run = self._runs.get(
            row.assignment_id, lambda: views.run_seconds(session, row.assignment_id)
        )
        wait = line.wait(place, run)
        return Standing(place, None if wait is None else round(wait, 1))
