"""Regrades: a class's stored evidence is judged once more, to look or to apply."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from grader.ledger.failures import Unsent
from grader.ledger.names import is_id
from grader.ledger.people import Course
from grader.ledger.work import Regrade, RegradeItem, Report, Submission

OPEN = ("queued", "running")
"""States of items that are not done."""
FIRST = 100
"""Messages that are sent at once: those of uploads stand behind them. Upkeep sends the others."""


@dataclass(frozen=True)
class Wish:
    """What staff want judged again.

    Attributes:
        asked_by: person id.
        apply: False: only say what would change.
    """

    course_id: str
    assignment_id: str
    asked_by: str
    apply: bool


@dataclass(frozen=True)
class Begun:
    """A regrade that waits, with the first messages, to be sent after the commit."""

    id: str
    messages: Sequence[Unsent]


@dataclass(frozen=True)
class Changed:
    """One submission of a regrade.

    Attributes:
        state: ``queued``, ``running``, ``graded`` or ``not_graded``.
        before: points of the report that held when the regrade was asked for.
        after: points by today's assignment; None until it is judged.
    """

    submission_id: str
    student_id: str
    state: str
    before: float | None
    after: float | None
    reason: str | None
    message: str


@dataclass(frozen=True)
class Progress:
    """A regrade as it stands.

    Attributes:
        states: how many submissions are in which state.
        items: each submission, by student.
    """

    row: Regrade
    states: Mapping[str, int]
    items: Sequence[Changed]


def running(session: Session, course_id: str, assignment_id: str) -> str | None:
    """Id of a regrade of this assignment that is not done; None where there is none.

    Who begins one in the same transaction makes others that ask wait for it.
    """
    session.get(Course, course_id, with_for_update={"key_share": True})  # uploads do not wait
    return session.scalar(
        select(Regrade.id)
        .join(RegradeItem, RegradeItem.regrade_id == Regrade.id)
        .where(
            Regrade.course_id == course_id,
            Regrade.assignment_id == assignment_id,
            RegradeItem.state.in_(OPEN),
        )
        .limit(1)
    )


def begin(session: Session, wish: Wish, now: datetime) -> Begun:
    """Ask for every graded submission of the course's assignment to be judged again.

    Written at once and not row by row: on SQLite everybody else waits meanwhile.
    """
    regrade = Regrade(
        id=uuid4().hex,
        course_id=wish.course_id,
        assignment_id=wish.assignment_id,
        asked_by=wish.asked_by,
        asked_at=now,
        apply=wish.apply,
    )
    session.add(regrade)
    session.flush()
    graded = session.execute(
        select(Submission.id, Report.earned)
        .join(Report, Report.id == Submission.report_id)
        .where(
            Submission.course_id == wish.course_id,
            Submission.assignment_id == wish.assignment_id,
            Submission.state == "graded",
        )
        .order_by(Submission.received_at, Submission.id)
    )
    items = [
        {
            "id": uuid4().hex,
            "regrade_id": regrade.id,
            "submission_id": identity,
            "state": "queued",
            "received_at": now,
            "before": earned,
        }
        for identity, earned in graded
    ]
    if items:
        session.execute(insert(RegradeItem), items)
    return Begun(regrade.id, [Unsent(str(item["id"]), "regrade") for item in items[:FIRST]])


def progress(session: Session, regrade_id: str) -> Progress | None:
    """How a regrade stands; None where there is none of that id."""
    row = session.get(Regrade, regrade_id) if is_id(regrade_id) else None
    if row is None:
        return None
    found = session.execute(
        select(
            RegradeItem.submission_id,
            Submission.student_id,
            RegradeItem.state,
            RegradeItem.before,
            RegradeItem.after,
            RegradeItem.reason,
            RegradeItem.message,
        )
        .join(Submission, Submission.id == RegradeItem.submission_id)
        .where(RegradeItem.regrade_id == regrade_id)
        .order_by(Submission.student_id, Submission.received_at)
    )
    items = [Changed(*item) for item in found]
    return Progress(row, Counter(item.state for item in items), items)
