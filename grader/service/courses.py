"""Courses: who you are there, what they offer, grades, regrades."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from grader.domain.card import Card
from grader.domain.service import Role
from grader.ledger import admission, gradebook, offerings, publish, regrades
from grader.ledger.access import Identity, courses_of
from grader.service.caller import GRADERS, Caller, member, require
from grader.service.grades import grades_csv, grades_json
from grader.service.problems import ProblemError
from grader.service.service import Here, Service
from grader.service.shapes import EXAMPLE_ID, Me, Offered, RegradeItem, RegradeStatus

router = APIRouter(prefix="/api", tags=["courses"])
_ASSIGNMENT = "/courses/{course}/assignments/{assignment}"
Rule = Annotated[Literal["best", "latest"], Query(description="Which report of a student counts.")]


@router.get("/me")
def me(caller: Caller, here: Here) -> Me:
    """Who your token says you are."""
    with here.adapters.ledger.read() as session:
        courses = dict(courses_of(session, caller))
    return Me(person=caller.person_id, role=caller.role, courses=courses)


@router.get("/assignments/{assignment}")
def card(assignment: str, caller: Caller, here: Here) -> Card:
    """What an assignment asks, on whatever terms, where one of your courses offers it."""
    with here.adapters.ledger.read() as session:
        courses = courses_of(session, caller)
        if not any(_shows(session, course, role, assignment) for course, role in courses):
            raise _unknown()
        return _card(session, assignment)


@router.get("/courses/{course}/assignments")
def assignments(course: str, caller: Caller, here: Here) -> list[Offered]:
    """What the course offers, on which terms, and how many attempts you have spent."""
    with here.adapters.ledger.read() as session:
        role = member(session, caller, course)
        return [
            _offered(session, caller, course, found)
            for found in publish.cards(session)
            if _shows(session, course, role, found.id)
        ]


@router.get(_ASSIGNMENT)
def assignment(course: str, assignment: str, caller: Caller, here: Here) -> Offered:
    """One of them."""
    with here.adapters.ledger.read() as session:
        if not _shows(session, course, member(session, caller, course), assignment):
            raise _unknown()
        return _offered(session, caller, course, _card(session, assignment))


_GRADES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The rule, and a line for each student",
        "content": {
            "application/json": {
                "example": {
                    "rule": "best",
                    "grades": [
                        {
                            "student_id": "ada",
                            "name": "Ada Lovelace",
                            "submissions": 2,
                            "status": "graded",
                            "earned": 84,
                            "possible": 100,
                            "pending": 11,
                            "submission_id": EXAMPLE_ID,
                            "received_at": "2026-11-23T12:00:00+00:00",
                        }
                    ],
                }
            }
        },
    }
}


@router.get(f"{_ASSIGNMENT}/gradebook", response_class=Response, responses=_GRADES)
@router.get(f"{_ASSIGNMENT}/gradebook.json", response_class=Response, responses=_GRADES)
def grades(
    course: str, assignment: str, caller: Caller, here: Here, rule: Rule = "best"
) -> Response:
    """The points of every student, for a TA or staff: `best` (the earlier of equals) or `latest`.

    What a person has yet to give is told apart and counts as nothing. Points that late policy takes
    off are gone already.
    """
    rows = _grades(here, caller, course, assignment, rule)
    return Response(grades_json(rows, rule), media_type="application/json")


@router.get(f"{_ASSIGNMENT}/gradebook.csv", response_class=Response)
def grades_as_csv(
    course: str, assignment: str, caller: Caller, here: Here, rule: Rule = "best"
) -> Response:
    """The same for spreadsheets; the rule stands in each line."""
    rows = _grades(here, caller, course, assignment, rule)
    name = {"Content-Disposition": 'attachment; filename="gradebook.csv"'}
    return Response(grades_csv(rows, rule), media_type="text/csv; charset=utf-8", headers=name)


@router.post(f"{_ASSIGNMENT}/regrades", status_code=202)
def regrade(
    course: str,
    assignment: str,
    *,
    caller: Caller,
    here: Here,
    response: Response,
    apply: bool = False,
) -> RegradeStatus:
    """Judge all stored evidence by today's assignment; for staff. Runs no notebook.

    Without `apply=true` it only says what would change.
    """
    wish = regrades.Wish(course, assignment, caller.person_id, apply)
    with here.adapters.ledger.write() as session:
        require(member(session, caller, course), ("staff",))
        _card(session, assignment)
        if (running := regrades.running(session, course, assignment)) is not None:
            raise ProblemError(
                409, "regrade_runs", "A regrade runs already", f"{running} is not done yet"
            )
        begun = regrades.begin(session, wish, here.adapters.clock())
        session.flush()
        told = _regrade(session, begun.id, course, assignment)
    here.announcer.announce(begun.messages)
    response.headers["Location"] = (
        f"/api/courses/{course}/assignments/{assignment}/regrades/{begun.id}"
    )
    return told


@router.get(f"{_ASSIGNMENT}/regrades/{{regrade}}")
def regrade_status(
    course: str, assignment: str, regrade: str, caller: Caller, here: Here
) -> RegradeStatus:
    """How a regrade stands: the points before and after, of each submission. For a TA or staff."""
    with here.adapters.ledger.read() as session:
        require(member(session, caller, course), GRADERS)
        return _regrade(session, regrade, course, assignment)


def _grades(
    here: Service, caller: Identity, course: str, assignment: str, rule: gradebook.Rule
) -> list[gradebook.Grade]:
    with here.adapters.ledger.read() as session:
        require(member(session, caller, course), GRADERS)
        _card(session, assignment)
        return gradebook.grades(session, course, assignment, rule)


def _card(session: Session, assignment: str) -> Card:
    found = publish.card(session, assignment)
    if found is None:
        raise _unknown()
    return found


def _unknown() -> ProblemError:
    return ProblemError(
        404,
        "unknown_assignment",
        "There is no such assignment",
        "no worker has published one of this id, or the course does not offer it",
    )


def _shows(session: Session, course: str, role: Role, assignment: str) -> bool:
    """Whether it is shown: an exam may be published before its course offers it."""
    return role in GRADERS or offerings.offered(session, course, assignment)


def _offered(session: Session, caller: Identity, course: str, found: Card) -> Offered:
    terms = offerings.offering(session, course, found.id)
    return Offered.of(found, terms, admission.attempts(session, course, found.id, caller.person_id))


def _regrade(session: Session, regrade_id: str, course: str, assignment: str) -> RegradeStatus:
    found = regrades.progress(session, regrade_id)
    if found is None or (found.row.course_id, found.row.assignment_id) != (course, assignment):
        raise ProblemError(
            404,
            "no_such_regrade",
            "There is no such regrade",
            "none of this assignment has this id",
        )
    items = tuple(
        RegradeItem(
            submission=item.submission_id,
            student=item.student_id,
            state=item.state,
            before=item.before,
            after=item.after,
            reason=item.reason,
            message=item.message,
        )
        for item in found.items
    )
    return RegradeStatus(
        id=found.row.id,
        course=course,
        assignment=assignment,
        asked_by=found.row.asked_by,
        asked_at=found.row.asked_at,
        apply=found.row.apply,
        done=not set(found.states) & set(regrades.OPEN),
        states=dict(found.states),
        changed=sum(item.after is not None and item.after != item.before for item in items),
        items=items,
    )
