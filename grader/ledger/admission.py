"""Whether a course takes a submission of a student now."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.errors import GraderError
from grader.ledger import offerings
from grader.ledger.people import Person
from grader.ledger.work import Submission

MOST_WAITING = 25
"""Submissions of one student that wait or run at once in a course."""
MOST_A_DAY = 200
"""Submissions of one student in a course within 24 hours, whether or not they count."""


class RefusedError(GraderError):
    """The course does not take this submission. The student's side: nothing was spent.

    Attributes:
        code: ``unknown_assignment``, ``not_offered``, ``not_open``, ``closed``,
            ``no_attempts_left``, ``too_many_waiting``, ``too_many_today`` or ``key_reused``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def one_by_one(session: Session, person_id: str) -> None:
    """Wait for others that count the person's attempts: SQLite's writers wait for others anyway."""
    session.get(Person, person_id, with_for_update=True)


def require_open(
    session: Session, course_id: str, assignment_id: str, student_id: str, now: datetime
) -> None:
    """Nothing, where the course takes one more of the student. Raises RefusedError."""
    _require_offered(session, course_id, assignment_id)
    terms = offerings.offering(session, course_id, assignment_id)
    if terms.opens_at is not None and now < terms.opens_at:
        raise RefusedError("not_open", f"submissions are taken from {terms.opens_at:%c} UTC on")
    if terms.due_at is not None and terms.late is not None:
        end = terms.late.closes_at(terms.due_at)
        if end is not None and now > end:
            raise RefusedError("closed", f"submissions were taken until {end:%c} UTC")
    if terms.max_attempts is not None:
        spent = attempts(session, course_id, assignment_id, student_id)
        if spent >= terms.max_attempts:
            raise RefusedError(
                "no_attempts_left", f"{spent} of {terms.max_attempts} attempts are spent"
            )
    _require_few(session, course_id, student_id, now)


def _require_offered(session: Session, course_id: str, assignment_id: str) -> None:
    if not offerings.offered(session, course_id, assignment_id):
        known = ", ".join(sorted(offerings.offered_ids(session, course_id)))
        raise RefusedError(
            "not_offered", f"the course does not offer {assignment_id!r}, only {known}"
        )


def _require_few(session: Session, course_id: str, student_id: str, now: datetime) -> None:
    mine = (Submission.course_id == course_id, Submission.student_id == student_id)
    count = select(func.count()).select_from(Submission)
    unfinished = session.scalar(count.where(*mine, Submission.state.in_(("queued", "running"))))
    if (unfinished or 0) >= MOST_WAITING:
        raise RefusedError(
            "too_many_waiting", f"{unfinished} of yours wait or run; at most {MOST_WAITING} may"
        )
    today = session.scalar(count.where(*mine, Submission.received_at > now - timedelta(days=1)))
    if (today or 0) >= MOST_A_DAY:
        raise RefusedError(
            "too_many_today", f"{today} of yours came within 24 hours; at most {MOST_A_DAY} may"
        )


def attempts(session: Session, course_id: str, assignment_id: str, student_id: str) -> int:
    """How many of the student's submissions count: those where we failed do not."""
    found = session.scalar(
        select(func.count())
        .select_from(Submission)
        .where(
            Submission.course_id == course_id,
            Submission.assignment_id == assignment_id,
            Submission.student_id == student_id,
            Submission.counts.is_(True),
        )
    )
    return found or 0
