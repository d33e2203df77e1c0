"""Rows that tests of the ledger begin with."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from grader.ledger.claims import Claimant
from grader.ledger.people import Course, Membership, Person
from grader.ledger.work import Regrade, RegradeItem, Submission

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEASE = timedelta(seconds=60)
WORKER = Claimant("worker", LEASE)
OTHER = Claimant("other", LEASE)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def course(session: Session) -> None:
    session.add(Course(id="dl", title="Deep learning", created_at=NOW))
    for name in ("ada", "bob", "cem"):
        session.add(Person(id=name, name="", created_at=NOW))
    session.flush()
    for name in ("ada", "bob", "cem"):
        session.add(Membership(course_id="dl", person_id=name, role="student"))


def waiting(
    session: Session, student: str, seconds: float = 0, lane: str = "cpu", **values: object
) -> str:
    """A submission that waits since so many seconds after `NOW`; its id."""
    identity = uuid4().hex
    row: dict[str, object] = {
        "course_id": "dl",
        "assignment_id": "cnn",
        "name": "a.ipynb",
        "sha256": "0" * 64,
        "code_sha256": 2 * identity,
        "size": 1,
        "state": "queued",
        "lane": lane,
        "received_at": later(seconds),
    }
    session.add(Submission(id=identity, student_id=student, **(row | values)))
    session.flush()
    return identity


def regrade_item(session: Session, submission: str, seconds: float = 0) -> str:
    """An item of a regrade of its own, which waits; its id."""
    regrade, item = uuid4().hex, uuid4().hex
    session.add(
        Regrade(
            id=regrade,
            course_id="dl",
            assignment_id="cnn",
            asked_by="ada",
            asked_at=NOW,
            apply=False,
        )
    )
    session.flush()
    session.add(
        RegradeItem(
            id=item,
            regrade_id=regrade,
            submission_id=submission,
            state="queued",
            received_at=later(seconds),
        )
    )
    session.flush()
    return item
