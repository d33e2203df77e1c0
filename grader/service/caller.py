"""Who asks, and what it may see: another's submission is as good as none."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from grader.domain.service import Role
from grader.ledger import access, views
from grader.ledger.access import Identity
from grader.service.problems import ProblemError
from grader.service.service import Here

MAX_TOKEN = 200
"""Characters; ours are far shorter."""
GRADERS: tuple[Role, ...] = ("ta", "staff")
"""Who sees what others handed in."""


def identified(request: Request, here: Here) -> Identity:
    """Whose token the request shows. Raises ProblemError: 401, 429."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    identity = None
    if scheme.lower() == "bearer" and 0 < len(token) <= MAX_TOKEN:
        with here.adapters.ledger.read() as session:
            identity = access.identify(session, token.strip(), here.adapters.clock())
    if identity is None:
        raise ProblemError(
            401,
            "not_authenticated",
            "This needs a token that is valid",
            "send `Authorization: Bearer ...`; the course's staff hand out tokens",
            {"WWW-Authenticate": "Bearer"},
        )
    request.state.token_id = identity.token_id
    require_rate(here.requests.take(identity.token_id))
    return identity


Caller = Annotated[Identity, Depends(identified)]


def require_rate(wait: int) -> None:
    """Nothing where it need not wait. Raises ProblemError: 429."""
    if wait:
        raise ProblemError(
            429,
            "too_many_requests",
            "Too many requests",
            f"this token asks too often; wait {wait} s",
            {"Retry-After": str(wait)},
        )


def require_room(what: str, *, room: bool) -> None:
    """Nothing where there is room for one more of `what`, such as ``uploads``, at the same time.

    Raises:
        ProblemError: 429.
    """
    if not room:
        raise ProblemError(
            429,
            f"too_many_{what}",
            f"Too many {what} at once",
            "others of this token, or of everybody, are under way; try again in a moment",
            {"Retry-After": "5"},
        )


@dataclass(frozen=True)
class Sight:
    """A submission that the caller may see.

    Attributes:
        role: what the caller is in its course, by this token.
    """

    seen: views.Seen
    role: Role


def sight(session: Session, caller: Identity, submission_id: str) -> Sight:
    """The submission, where the caller may see it.

    Raises:
        ProblemError: 404, the same whether it does not exist or belongs to somebody else.
    """
    seen = views.submission(session, submission_id) if _is_id(submission_id) else None
    role = None if seen is None else access.role_in(session, caller, seen.row.course_id)
    if seen is None or role is None or not _sees(role, caller, seen):
        raise ProblemError(
            404,
            "no_such_submission",
            "There is no such submission",
            "none of this id is yours, or of a course that you grade",
        )
    return Sight(seen, role)


def _is_id(text: str) -> bool:
    """Whether it looks like one of our ids: nothing else is shown to a database or a file store."""
    return len(text) == 32 and all(character in "0123456789abcdef" for character in text)


def _sees(role: Role, caller: Identity, seen: views.Seen) -> bool:
    return role in GRADERS or seen.row.student_id == caller.person_id


def member(session: Session, caller: Identity, course_id: str) -> Role:
    """What the caller is in the course. Raises ProblemError: 404, whether or not it exists."""
    role = access.role_in(session, caller, course_id)
    if role is None:
        raise ProblemError(
            404, "no_such_course", "There is no such course", "you are in no course of this id"
        )
    return role


def require(role: Role, allowed: tuple[Role, ...]) -> None:
    """Nothing where the role is allowed. Raises ProblemError: 403."""
    if role not in allowed:
        raise ProblemError(
            403,
            "not_allowed",
            "You may not do this",
            f"this needs to be {' or '.join(allowed)} in the course; you are {role} by this token",
        )
