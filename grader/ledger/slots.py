"""How many submissions of a lane are graded at once, by the workers that live."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.domain.service import Lane
from grader.ledger.work import Worker

SILENT = timedelta(minutes=2)
"""A worker that has not reported for so long is taken for gone."""


@dataclass(frozen=True)
class Serving:
    """The healthy workers that serve a lane.

    Attributes:
        slots: of all of them together, also where they serve other lanes too.
        lanes: all that they serve: what is graded of these takes slots of theirs.
    """

    slots: int
    lanes: frozenset[str]


def serving(session: Session, lane: Lane, now: datetime) -> Serving:
    """Who serves a lane."""
    those = [(lanes, slots) for lanes, slots in _healthy(session, now) if lane in lanes]
    return Serving(
        slots=sum(slots for _, slots in those),
        lanes=frozenset(name for lanes, _ in those for name in lanes),
    )


def total_slots(session: Session, now: datetime) -> int:
    """Slots of all healthy workers."""
    return sum(slots for _, slots in _healthy(session, now))


def _healthy(session: Session, now: datetime) -> list[tuple[list[str], int]]:
    """Lanes and slots of each worker."""
    found = session.execute(
        select(Worker.lanes, Worker.slots).where(
            Worker.state == "ok", Worker.seen_at >= now - SILENT
        )
    )
    return [(lanes.split(","), slots) for lanes, slots in found]


def slots_of(session: Session, lane: Lane, now: datetime) -> int:
    """Slots of those who serve a lane."""
    return serving(session, lane, now).slots
