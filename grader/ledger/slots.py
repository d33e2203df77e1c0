"""How many submissions of a lane are graded at once, by the workers that live."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.domain.service import Lane
from grader.ledger.work import Worker

SILENT = timedelta(minutes=2)
"""A worker that has not reported for so long is taken for gone."""


def slots_of(session: Session, lane: Lane, now: datetime) -> int:
    """Slots of all healthy workers that serve the lane; those that serve others too count whole."""
    found = session.execute(
        select(Worker.lanes, Worker.slots).where(
            Worker.state == "ok", Worker.seen_at >= now - SILENT
        )
    )
    return sum(slots for lanes, slots in found if lane in lanes.split(","))
