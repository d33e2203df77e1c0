"""Work that we failed at, not the student: it waits again, and is given up after three times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from grader.domain.service import LANES, Lane
from grader.ledger import alerts, events
from grader.ledger.claims import Claim, Table, changed
from grader.ledger.work import RegradeItem, Submission

MAX_FAILURES = 3
"""After so many failures of ours a row is given up."""


@dataclass(frozen=True)
class Fault:
    """Why we failed.

    Attributes:
        reason: a stable code, at most 64 characters.
        message: words that students may read.
        details: more of them, for staff.
    """

    reason: str
    message: str
    details: str = ""


WORKER_LOST = Fault("worker_lost", "its worker stopped reporting: it died, hung or was cut off")


@dataclass(frozen=True)
class Failure:
    """A failure that was counted: whose worker it was, and whether the row is given up."""

    id: str
    worker: str
    given_up: bool


def fail(
    session: Session, table: Table, held: Claim, now: datetime, fault: Fault
) -> Failure | None:
    """Count a failure of ours; the row waits again, or is given up. None: not ours any more."""
    row = session.get(table, held.id)
    if not isinstance(row, Submission | RegradeItem):
        return None
    return _failed(session, row, (table.lease == held.lease,), now, fault)


def expire(
    session: Session, table: Table, now: datetime, longest: timedelta = timedelta(days=365)
) -> Sequence[Failure]:
    """Take back the rows whose leases ran out; each counts as a failure of ours.

    Args:
        session: one that writes.
        table: which rows.
        now: with its time zone.
        longest: a lease that ends later than so long from now is none that a worker still holds:
            it was given before the clock was set back.
    """
    ended = or_(table.lease_until < now, table.lease_until > now + longest)
    over: tuple[ColumnElement[bool], ...] = (table.state == "running", ended)
    # By id, as all who change several rows do: of two who wait for each other, one would fail.
    late = session.scalars(select(table).where(*over).order_by(table.id)).all()
    found = (
        _failed(session, row, (table.lease == row.lease, *over), now, WORKER_LOST)
        for row in late
        if isinstance(row, Submission | RegradeItem)
    )
    return [item for item in found if item is not None]


def _failed(
    session: Session,
    row: Submission | RegradeItem,
    still: Sequence[ColumnElement[bool]],
    now: datetime,
    fault: Fault,
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
    if given_up and isinstance(row, Submission):
        values["counts"] = False
    ours = (table.id == row.id, table.state == "running", *still)
    if not changed(session, update(table).where(*ours).values(**values)):
        return None
    _tell(session, row, fault, given_up, now)
    return Failure(row.id, row.worker or "", given_up)


def _tell(
    session: Session, row: Submission | RegradeItem, fault: Fault, given_up: bool, now: datetime
) -> None:
    if isinstance(row, Submission):
        told = {"state": "not_graded" if given_up else "queued", "reason": fault.reason}
        events.append(session, row.id, "state", told, now)
    if given_up:
        what = row.id if isinstance(row, Submission) else row.submission_id
        last = f"{fault.message} ({fault.reason}) {fault.details}".strip()
        again = "" if isinstance(row, Submission) else "; regrade again once that is mended"
        message = f"given up after {MAX_FAILURES} failures of ours, the last one: {last}{again}"
        alerts.sound(session, "gave_up", what, message, now)


@dataclass(frozen=True)
class Unsent:
    """A row that waits without a message."""

    id: str
    lane: Lane


def waiting(session: Session) -> dict[Lane, int]:
    """How many rows wait in each lane."""
    counted = session.execute(
        select(Submission.lane, func.count())
        .where(Submission.state == "queued")
        .group_by(Submission.lane)
    )
    items = select(func.count()).select_from(RegradeItem).where(RegradeItem.state == "queued")
    found = {**dict(counted.all()), "regrade": session.scalar(items) or 0}
    return {lane: found.get(lane, 0) for lane in LANES}


def oldest(session: Session, lane: Lane) -> datetime | None:
    """Since when the row that came first waits in a lane; None where none waits."""
    if lane == "regrade":
        items = select(func.min(RegradeItem.received_at)).where(RegradeItem.state == "queued")
        return session.scalar(items)
    mine = (Submission.state == "queued", Submission.lane == lane)
    return session.scalar(select(func.min(Submission.received_at)).where(*mine))


def unsent(session: Session, lane: Lane, most: int) -> Sequence[Unsent]:
    """Rows that wait in a lane: those for which no message was sent first, then the oldest."""
    table = RegradeItem if lane == "regrade" else Submission
    query = select(table.id).where(table.state == "queued")
    if table is Submission:
        query = query.where(Submission.lane == lane)
    silent = table.sent_at.is_not(None)  # false sorts before true
    query = query.order_by(silent, table.received_at, table.id).limit(most)
    return [Unsent(identity, lane) for identity in session.scalars(query)]


def sent(session: Session, work: Unsent, now: datetime) -> None:
    """A message was sent for it."""
    table = RegradeItem if work.lane == "regrade" else Submission
    session.execute(update(table).where(table.id == work.id).values(sent_at=now))


def all_sent(session: Session, works: Sequence[Unsent], now: datetime) -> None:
    """Messages were sent for all of these."""
    for work in sorted(works, key=lambda work: (work.lane == "regrade", work.id)):
        sent(session, work, now)
