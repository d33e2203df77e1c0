"""Work that we failed at, not the student: it waits again, and is given up after three times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, or_, select, update
from sqlalchemy.orm import Session

from grader.domain.service import Lane
from grader.ledger.claims import Claim, Work, changed
from grader.ledger.work import RegradeItem, Submission

MAX_FAILURES = 3
"""After so many failures of ours a row is given up."""


@dataclass(frozen=True)
class Fault:
    """Why we failed: a stable code, and words."""

    reason: str
    message: str


WORKER_LOST = Fault("worker_lost", "its worker stopped reporting: it died, hung or was cut off")


@dataclass(frozen=True)
class Failure:
    """A failure that was counted: whose worker it was, and whether the row is given up."""

    id: str
    worker: str
    given_up: bool


def fail(
    session: Session, table: type[Work], held: Claim, now: datetime, fault: Fault
) -> Failure | None:
    """Count a failure of ours; the row waits again, or is given up. None: not ours any more."""
    row = session.get(table, held.id)
    return None if row is None else _failed(session, row, held.lease, now, fault)


def expire(session: Session, table: type[Work], now: datetime) -> Sequence[Failure]:
    """Take back the rows whose leases ran out; each counts as a failure of ours."""
    late = session.scalars(
        select(table).where(table.state == "running", table.lease_until < now)
    ).all()
    found = (_failed(session, row, row.lease, now, WORKER_LOST) for row in late)
    return [item for item in found if item is not None]


def _failed(
    session: Session, row: Submission | RegradeItem, lease: str | None, now: datetime, fault: Fault
) -> Failure | None:
    table = type(row)
    failures = row.failures + 1
    given_up = failures >= MAX_FAILURES
    values: dict[str, object] = {
        "state": "not_graded" if given_up else "queued",
        "lease": None,
        "lease_until": None,
        "sent_at": None,
        "failures": failures,
        "reason": fault.reason,
        "message": fault.message,
        "finished_at": now if given_up else None,
    }
    if given_up and table is Submission:
        values["counts"] = False
    ours = (table.id == row.id, table.lease == lease, table.state == "running")
    if not changed(session, update(table).where(*ours).values(**values)):
        return None
    return Failure(row.id, row.worker or "", given_up)


@dataclass(frozen=True)
class Unsent:
    """A row that waits without a message."""

    id: str
    lane: Lane


def unsent(session: Session, before: datetime) -> Sequence[Unsent]:
    """Rows that wait, for which no message was sent since `before`; the oldest first."""
    silent = [or_(t.sent_at.is_(None), t.sent_at < before) for t in (Submission, RegradeItem)]
    submissions = session.execute(
        select(Submission.id, Submission.lane)
        .where(Submission.state == "queued", silent[0])
        .order_by(Submission.received_at)
    )
    items = session.scalars(
        select(RegradeItem.id)
        .where(RegradeItem.state == "queued", silent[1])
        .order_by(RegradeItem.received_at)
    )
    return [*map(_unsent, submissions), *(Unsent(identity, "regrade") for identity in items)]


def _unsent(row: Row[str, str]) -> Unsent:
    lane: Lane = row[1]  # type: ignore[assignment] # intake writes only lanes there
    return Unsent(row[0], lane)


def sent(session: Session, work: Unsent, now: datetime) -> None:
    """A message was sent for it."""
    table = RegradeItem if work.lane == "regrade" else Submission
    session.execute(update(table).where(table.id == work.id).values(sent_at=now))
