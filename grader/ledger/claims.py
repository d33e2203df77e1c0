"""Who works on what: claims with a lease, by compare-and-set.

A message in a queue means "look": the worker that gets it takes the row whose turn it is. Each
step below is one UPDATE that names the lease it expects, so of two workers that try, one changes
the row and the other learns that it did not. A worker that was stopped, cut off or woken late can
do no harm: its lease is gone, and nothing that it writes counts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, Select, Update, and_, exists, func, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session, aliased

from grader.domain.service import Lane
from grader.ledger.work import RegradeItem, Submission

Table = type[Submission] | type[RegradeItem]
"""Rows that are claimed."""
FAR = 10
"""Leases from now, within which the clocks of all machines agree, unless one was set."""
UNKNOWN = timedelta(minutes=10)
"""After so long nobody knows an assignment: then who tries it fails at it, and staff hear of it."""
_TRIES = 5
"""Rows that a claim tries when others are quicker."""


@dataclass(frozen=True)
class Claim:
    """A row that is ours until `until`, unless it is renewed."""

    id: str
    lease: str
    until: datetime


@dataclass(frozen=True)
class Claimant:
    """Who claims, and for how long before it must renew.

    Attributes:
        knows: ids of the assignments that it grades; None: all. What it does not know is left to
            others for `UNKNOWN`: while a new assignment is brought to workers, some have it.
    """

    worker: str
    lease: timedelta
    knows: frozenset[str] | None = None


def claim(session: Session, lane: Lane, by: Claimant, now: datetime) -> Claim | None:
    """The submission of the lane whose turn it is; None where none waits."""
    return _first(session, Submission, _fairest(lane, by, now), by, now)


def claim_regrade(session: Session, by: Claimant, now: datetime) -> Claim | None:
    """The oldest item of a regrade; None where none waits."""
    oldest = (
        select(RegradeItem.id)
        .where(
            RegradeItem.state == "queued",
            _rested(RegradeItem, by, now),
            *_known(RegradeItem, by, now),
        )
        .order_by(RegradeItem.received_at, RegradeItem.id)
        .limit(_TRIES)
    )
    return _first(session, RegradeItem, oldest, by, now)


def _first(
    session: Session, table: Table, order: Select[str], by: Claimant, now: datetime
) -> Claim | None:
    """The first that nobody else takes; where others were quicker for all, the next ones."""
    while waiting := session.scalars(order).all():
        for identity in waiting:
            if (taken := _take(session, table, identity, by, now)) is not None:
                return taken
    return None


def _fairest(lane: Lane, by: Claimant, now: datetime) -> Select[str]:
    """A student's second waiting submission stands behind every other student's first."""
    turns = turns_in(lane).subquery()
    return (
        select(turns.c.id)
        .join(Submission, Submission.id == turns.c.id)
        .where(_rested(Submission, by, now), *_known(Submission, by, now), _news())
        .order_by(turns.c.turn, turns.c.received_at, turns.c.id)
        .limit(_TRIES)
    )


def _news() -> ColumnElement[bool]:
    """The same code is not being run: what comes of that answers for this one too.

    Where one of them has ended already no other is waited for: its run is there to be used, or it
    was none that answers for others, and then each has its own.
    """
    twin = aliased(Submission)
    same = (
        twin.assignment_id == Submission.assignment_id,
        twin.code_sha256 == Submission.code_sha256,
    )
    return or_(
        ~exists().where(*same, twin.state == "running"),
        exists().where(*same, twin.state.in_(("graded", "not_graded"))),
    )


def _rested(table: Table, by: Claimant, now: datetime) -> ColumnElement[bool]:
    """Not failed at a moment ago: what was wrong with us may pass, and three tries are few.

    A row that was claimed in a future far off has waited: the clock was set back meanwhile.
    """
    once = and_(table.failures == 1, table.claimed_at < now - by.lease / 2)
    jumped = table.claimed_at > now + FAR * by.lease
    return or_(table.failures == 0, once, table.claimed_at < now - 2 * by.lease, jumped)


def _known(table: Table, by: Claimant, now: datetime) -> tuple[ColumnElement[bool], ...]:
    if by.knows is None:
        return ()
    known: ColumnElement[bool] = Submission.assignment_id.in_(by.knows)
    if table is RegradeItem:
        known = exists().where(Submission.id == RegradeItem.submission_id, known)
    return (or_(known, table.received_at < now - UNKNOWN),)


def turns_in(lane: Lane) -> Select[str, datetime, int]:
    """Each waiting submission of a lane, since when, and its student's how-manieth it is.

    What runs for a student counts before what waits.
    """
    busy = (
        select(Submission.student_id, func.count().label("running"))
        .where(Submission.state == "running", Submission.lane == lane)
        .group_by(Submission.student_id)
        .subquery()
    )
    order = (Submission.received_at, Submission.id)
    nth = func.row_number().over(partition_by=Submission.student_id, order_by=order)
    turn = (nth + func.coalesce(busy.c.running, 0)).label("turn")
    return (
        select(Submission.id, Submission.received_at, turn)
        .outerjoin(busy, busy.c.student_id == Submission.student_id)
        .where(Submission.state == "queued", Submission.lane == lane)
    )


def _take(
    session: Session, table: Table, identity: str, by: Claimant, now: datetime
) -> Claim | None:
    taken = Claim(identity, uuid4().hex, now + by.lease)
    claimed = changed(
        session,
        update(table)
        .where(table.id == identity, table.state == "queued", _rested(table, by, now))
        .values(
            state="running",
            lease=taken.lease,
            lease_until=taken.until,
            worker=by.worker,
            claimed_at=now,
        ),
    )
    return taken if claimed else None


def renew(session: Session, table: Table, held: Claim, now: datetime, lease: timedelta) -> bool:
    """Hold it for another while; False: it is not ours any more, and work on it must end."""
    return changed(
        session,
        update(table)
        .where(table.id == held.id, table.lease == held.lease, table.state == "running")
        .values(lease_until=now + lease),
    )


def holds(session: Session, table: Table, held: Claim) -> bool:
    """Whether it is still ours; only `finish` can be sure of it and write."""
    return session.scalar(select(table.lease).where(table.id == held.id)) == held.lease


def finish(session: Session, table: Table, held: Claim, now: datetime, **values: object) -> bool:
    """End the work on it with these values, `state` among them; False: it is not ours any more."""
    return changed(
        session,
        update(table)
        .where(table.id == held.id, table.lease == held.lease, table.state == "running")
        .values(lease=None, lease_until=None, finished_at=now, **values),
    )


def give_back(session: Session, table: Table, held: Claim) -> bool:
    """Let another worker do it: nothing went wrong, such as at a shutdown."""
    return changed(
        session,
        update(table)
        .where(table.id == held.id, table.lease == held.lease, table.state == "running")
        .values(state="queued", lease=None, lease_until=None, sent_at=None),
    )


def changed(session: Session, statement: Update) -> bool:
    """Whether the UPDATE changed a row."""
    result = session.execute(statement)
    assert isinstance(result, CursorResult)
    return bool(result.rowcount)
