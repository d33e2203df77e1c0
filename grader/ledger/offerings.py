"""The terms on which a course offers an assignment."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.domain.late import LatePolicy
from grader.errors import AccessError
from grader.ledger.names import at_once, require_id
from grader.ledger.people import Course, Offering


@dataclass(frozen=True)
class Terms:
    """When submissions are taken, and how many.

    Attributes:
        opens_at: None: from the first day on.
        due_at: None: nothing is ever late.
        late: what lateness costs, and when it ends; None: late ones are taken like all others.
        max_attempts: of each student; None: as many as they like.
    """

    opens_at: datetime | None = None
    due_at: datetime | None = None
    late: LatePolicy | None = None
    max_attempts: int | None = None


def offering(session: Session, course_id: str, assignment_id: str) -> Terms:
    """The terms that were set; where none were, it is open, without limit."""
    row = session.get(Offering, (course_id, assignment_id))
    if row is None:
        return Terms()
    late = None if row.late is None else LatePolicy.model_validate(row.late)
    return Terms(row.opens_at, row.due_at, late, row.max_attempts)


def offered(session: Session, course_id: str, assignment_id: str) -> bool:
    """Whether the course offers it: one with terms for some assignments offers these alone."""
    ids = offered_ids(session, course_id)
    return not ids or assignment_id in ids


def offered_ids(session: Session, course_id: str) -> frozenset[str]:
    """What the course has set terms for; nothing: it offers whatever is published."""
    return frozenset(
        session.scalars(select(Offering.assignment_id).where(Offering.course_id == course_id))
    )


def offer(session: Session, course_id: str, assignment_id: str, terms: Terms) -> None:
    """Set the terms, in place of earlier ones.

    The assignment need not be published yet. Raises AccessError where the course is not there.
    """
    require_id("assignment", assignment_id)
    if session.get(Course, course_id) is None:
        raise AccessError(f"course {course_id!r}: found none; `grader admin course add` makes it")
    row = Offering(
        course_id=course_id,
        assignment_id=assignment_id,
        opens_at=terms.opens_at,
        due_at=terms.due_at,
        late=None if terms.late is None else terms.late.model_dump(mode="json"),
        max_attempts=terms.max_attempts,
    )
    session.merge(row)
    with at_once():
        session.flush()
