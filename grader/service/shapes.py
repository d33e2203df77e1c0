"""What the API answers with, as OpenAPI tells it."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from grader.domain.base import Frozen, example
from grader.domain.card import CARD_EXAMPLE, Card
from grader.domain.late import LatePolicy
from grader.domain.service import Lane, Role, State
from grader.ledger import views
from grader.ledger.offerings import Terms
from grader.ledger.work import Report
from grader.service.places import Standing

EXAMPLE_ID = "9f1c0e5d7a3b4c2e8d6f0a1b2c3d4e5f"
_EXAMPLE: dict[str, Any] = {
    "id": EXAMPLE_ID,
    "course": "dl-2026",
    "assignment": "cnn",
    "student": "ada",
    "name": "exercise09.ipynb",
    "sha256": "0" * 64,
    "state": "queued",
    "lane": "cpu",
    "received_at": "2026-11-23T12:00:00Z",
    "place": 3,
    "expected_wait_seconds": 310.0,
}


class Score(Frozen):
    """What the report that holds says in numbers."""

    status: str
    """``graded``, or ``not_graded``: the points are not final."""
    earned: float
    possible: float
    pending: float
    """Points that a person has yet to give."""
    assignment_version: str
    created_at: datetime

    @classmethod
    def of(cls, row: Report) -> "Score":
        """That of a report."""
        return cls(
            status=row.status,
            earned=row.earned,
            possible=row.possible,
            pending=row.pending,
            assignment_version=row.assignment_version,
            created_at=row.created_at,
        )


class Status(Frozen):
    """A submission, as it stands."""

    model_config = example(**_EXAMPLE)

    id: str
    course: str
    assignment: str
    student: str
    name: str
    """File name as it was sent, without folders."""
    sha256: str
    """Of the notebook's bytes."""
    state: State
    lane: Lane
    received_at: datetime
    finished_at: datetime | None = None
    counts: bool = True
    """It spent an attempt; not so where we failed, where it was cancelled in time, or for staff."""
    place: int | None = None
    """In its lane, from 1, while it waits; at most a second old."""
    expected_wait_seconds: float | None = None
    """Until it begins, roughly; null where that cannot be told."""
    reason: str | None = None
    """Code of our last failure, or why there is no report."""
    message: str = ""
    """The same in words."""
    score: Score | None = None

    @classmethod
    def of(cls, seen: views.Seen, standing: Standing | None) -> "Status":
        """That of a row."""
        row = seen.row
        return cls.model_validate(
            {
                "id": row.id,
                "course": row.course_id,
                "assignment": row.assignment_id,
                "student": row.student_id,
                "name": row.name,
                "sha256": row.sha256,
                "state": row.state,
                "lane": row.lane,
                "received_at": row.received_at,
                "finished_at": row.finished_at,
                "counts": row.counts,
                "place": None if standing is None else standing.place,
                "expected_wait_seconds": standing and standing.expected_wait_seconds,
                "reason": row.reason,
                "message": row.message,
                "score": None if seen.report is None else Score.of(seen.report),
            }
        )


class Listing(Frozen):
    """Submissions, the newest first."""

    model_config = example(submissions=[_EXAMPLE | {"place": None}], next=EXAMPLE_ID)

    submissions: tuple[Status, ...]
    """Without places in the queue: `GET /api/submissions/{id}` tells them."""
    next: str | None
    """`before` of the next page; null: there is none."""


class Me(Frozen):
    """Who the token says you are."""

    model_config = example(person="ada", role="student", courses={"dl-2026": "student"})

    person: str
    role: Role
    """The most that this token may be used as."""
    courses: dict[str, Role]
    """Your courses, and what you are there by this token."""


class Offered(Frozen):
    """An assignment, on the terms of a course."""

    model_config = example(
        card=CARD_EXAMPLE,
        opens_at=None,
        due_at="2026-11-30T12:00:00Z",
        late={"percent": 10, "days": 2},
        max_attempts=10,
        attempts=3,
    )

    card: Card
    opens_at: datetime | None
    due_at: datetime | None
    late: LatePolicy | None
    max_attempts: int | None
    attempts: int
    """Those that you have spent."""

    @classmethod
    def of(cls, card: Card, terms: Terms, attempts: int) -> "Offered":
        """A card on these terms."""
        return cls(
            card=card,
            opens_at=terms.opens_at,
            due_at=terms.due_at,
            late=terms.late,
            max_attempts=terms.max_attempts,
            attempts=attempts,
        )


class RegradeItem(Frozen):
    """One submission of a regrade."""

    submission: str
    student: str
    state: str
    before: float | None
    """Points of the report that held when the regrade was asked for."""
    after: float | None
    """Points by today's assignment; null until it is judged."""
    reason: str | None
    message: str


class RegradeStatus(Frozen):
    """A regrade, as it stands."""

    model_config = example(
        id=EXAMPLE_ID,
        course="dl-2026",
        assignment="cnn",
        asked_by="stan",
        asked_at="2026-12-01T09:00:00Z",
        apply=False,
        done=True,
        states={"graded": 1},
        changed=1,
        items=[
            {
                "submission": EXAMPLE_ID,
                "student": "ada",
                "state": "graded",
                "before": 80,
                "after": 84,
                "reason": None,
                "message": "",
            }
        ],
    )

    id: str
    course: str
    assignment: str
    asked_by: str
    asked_at: datetime
    apply: bool
    """False: nothing was changed."""
    done: bool
    states: dict[str, int]
    changed: Annotated[int, Field(ge=0)]
    """Submissions whose points differ."""
    items: tuple[RegradeItem, ...]
