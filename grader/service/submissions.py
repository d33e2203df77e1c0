"""Submissions once they are in: how they stand, cancelling, another try."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.orm import Session

from grader.domain.base import Frozen
from grader.domain.service import State
from grader.ledger import admission, offerings, steering, views
from grader.ledger.failures import Unsent
from grader.service.caller import GRADERS, Caller, Sight, member, sight
from grader.service.problems import ProblemError
from grader.service.service import Here, Service
from grader.service.shapes import Listing, Status

MOST_RETRIES = 3
"""Of a student, for one submission that we gave up; staff may always."""
router = APIRouter(prefix="/api/submissions", tags=["submissions"])
_Name = Annotated[str | None, Field(max_length=64)]


class Page(Frozen):
    """Which submissions to list."""

    course: _Name = None
    assignment: _Name = None
    student: _Name = None
    state: State | None = None
    before: Annotated[str | None, Field(pattern="^[0-9a-f]{32}$")] = None
    """Id of the last one of the page before."""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@router.get("")
def listed(caller: Caller, here: Here, asked: Annotated[Page, Query()]) -> Listing:
    """Your submissions; for a TA or staff, with `course`, those of all its students."""
    student = asked.student
    with here.adapters.ledger.read() as session:
        role = None if asked.course is None else member(session, caller, asked.course)
        if role not in GRADERS:
            if student not in (None, caller.person_id):
                return Listing(submissions=(), next=None)
            student = caller.person_id
        if asked.before is not None:
            sight(session, caller, asked.before)
        by = views.Filter(asked.course, asked.assignment, student, asked.state)
        found = views.listed(session, by, asked.before, asked.limit + 1)
    page = found[: asked.limit]
    return Listing(
        submissions=tuple(Status.of(seen, None) for seen in page),
        next=page[-1].row.id if len(found) > asked.limit else None,
    )


@router.get("/{submission_id}")
def status(submission_id: str, caller: Caller, here: Here) -> Status:
    """How it stands: state, lane, place in the queue, expected wait, points."""
    with here.adapters.ledger.read() as session:
        return told(here, session, sight(session, caller, submission_id))


@router.post("/{submission_id}/cancel")
def cancel(submission_id: str, caller: Caller, here: Here) -> Status:
    """End it. While it waits that spends no attempt; once it runs it does."""
    with here.adapters.ledger.write() as session:
        found = sight(session, caller, submission_id)
        if not steering.cancel(session, found.seen.row, here.adapters.clock()):
            raise _conflict("already_final", f"it is {found.seen.row.state} already")
        session.expire_all()
        return told(here, session, sight(session, caller, submission_id))


@router.post("/{submission_id}/retry")
def retry(submission_id: str, caller: Caller, here: Here) -> Status:
    """Grade it again, where it was not graded through our fault."""
    now = here.adapters.clock()
    with here.adapters.ledger.write() as session:
        found = sight(session, caller, submission_id)
        _require_attempt(session, found)
        if not steering.retry(session, found.seen.row, now):
            raise _conflict(
                "not_ours",
                f"it is {found.seen.row.state}; only what is not_graded, by our fault, is retried",
            )
        session.expire_all()
        again = told(here, session, sight(session, caller, submission_id))
    here.announcer.announce([Unsent(again.id, again.lane)])
    return again


def told(here: Service, session: Session, found: Sight) -> Status:
    """The status of a submission that the caller may see."""
    return Status.of(found.seen, here.places.of(session, found.seen.row))


def _require_attempt(session: Session, found: Sight) -> None:
    """Nothing where one is left: the failed one spent none, and another may have been handed in."""
    row = found.seen.row
    if found.role != "student" or row.state != "not_graded":
        return
    if row.retries >= MOST_RETRIES:
        raise ProblemError(
            403,
            "no_retries_left",
            "It was tried often enough",
            f"{row.retries} retries failed; ask the course's staff, who may retry it",
        )
    admission.one_by_one(session, row.student_id)
    most = offerings.offering(session, row.course_id, row.assignment_id).max_attempts
    spent = admission.attempts(session, row.course_id, row.assignment_id, row.student_id)
    if most is not None and spent >= most:
        raise ProblemError(
            403, "no_attempts_left", "No attempt is left", f"{spent} of {most} attempts are spent"
        )


def _conflict(code: str, detail: str) -> ProblemError:
    return ProblemError(409, code, "The submission is in another state", detail)
