"""What happened to a submission, for whoever watches it: rows that are read once and swept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from grader.ledger.work import Event

MOST = 1_000
"""Events that are read at once."""


@dataclass(frozen=True)
class Happened:
    """An event, as it was stored."""

    id: int
    """Grows with time; of two that were written at once, the later one may have the lower id."""
    submission_id: str
    kind: str
    data: Mapping[str, Any]
    at: datetime


def append(
    session: Session, submission_id: str, kind: str, data: Mapping[str, Any], now: datetime
) -> None:
    """Keep an event.

    Args:
        session: one that writes.
        submission_id: whose it is.
        kind: ``state``, ``cell``, ``epoch``, ``problem`` or ``second_run``; at most 32 characters.
        data: what a watcher reads; plain JSON, of the student's text at most what reports show.
        now: when it happened, with its time zone.
    """
    session.execute(
        insert(Event).values(submission_id=submission_id, kind=kind, data=dict(data), at=now)
    )


def after(
    session: Session, submission_ids: Collection[str], last: int, most: int = MOST
) -> Sequence[Happened]:
    """The events of these submissions with ids above `last`, the oldest first."""
    found = session.execute(
        select(Event.id, Event.submission_id, Event.kind, Event.data, Event.at)
        .where(Event.submission_id.in_(submission_ids), Event.id > last)
        .order_by(Event.id)
        .limit(most)
    )
    return [Happened(*row) for row in found]


def all_after(session: Session, submission_ids: Collection[str], last: int) -> Sequence[Happened]:
    """The same, however many there are."""
    found: list[Happened] = []
    while more := after(session, submission_ids, found[-1].id if found else last):
        found.extend(more)
    return found


def newest(session: Session) -> int:
    """The highest id of all events; 0 where there are none."""
    return session.scalar(select(func.max(Event.id))) or 0
