"""Who somebody is, and what they may do: courses, members, tokens.

A token is ``grd_PUBLIC_SECRET``. Its public part finds it in lists and logs; of the whole, only the
digest is kept, so the database cannot be used to be somebody.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.domain.service import Role
from grader.errors import AccessError
from grader.ledger.names import at_once, is_id, require_id, require_text
from grader.ledger.people import Course, Membership, Person, Token

_TOKEN = re.compile(r"grd_[0-9a-f]{12}_[A-Za-z0-9_-]{43}")
_RANK: dict[Role, int] = {"student": 0, "ci": 0, "ta": 1, "staff": 2}
"""A course's CI hands in like a student; its attempts are not counted."""


@dataclass(frozen=True)
class Identity:
    """Who shows a token.

    Attributes:
        person_id: whose it is.
        role: the most that it may be used as.
        token_id: its public part.
    """

    person_id: str
    role: Role
    token_id: str


@dataclass(frozen=True)
class Grant:
    """What a token is to be.

    Attributes:
        role: the most that it may be used as.
        label: for its owner's list, such as ``laptop``.
        expires_at: None: it is good until it is revoked.
    """

    role: Role
    label: str = ""
    expires_at: datetime | None = None


def identify(session: Session, token: str, now: datetime) -> Identity | None:
    """Whose token it is; None where it is nobody's, revoked or expired."""
    if not _TOKEN.fullmatch(token):
        return None
    found = session.scalar(select(Token).where(Token.digest == _digest(token)))
    if found is None or found.revoked_at is not None:
        return None
    if found.expires_at is not None and found.expires_at <= now:
        return None
    return Identity(found.person_id, _role(found.role), found.id)


def role_in(session: Session, identity: Identity, course_id: str) -> Role | None:
    """What the caller may do in the course: the lesser of membership and token; None: nothing."""
    member = None
    if is_id(course_id):
        member = session.get(Membership, (course_id, identity.person_id))
    if member is None:
        return None
    return min(_role(member.role), identity.role, key=_RANK.__getitem__)


def courses_of(session: Session, identity: Identity) -> Sequence[tuple[str, Role]]:
    """The caller's courses, by id, and what they may do there."""
    found = session.execute(
        select(Membership.course_id, Membership.role)
        .where(Membership.person_id == identity.person_id)
        .order_by(Membership.course_id)
    )
    return [
        (course, min(_role(role), identity.role, key=_RANK.__getitem__)) for course, role in found
    ]


def _role(text: str) -> Role:
    role: Role = text  # type: ignore[assignment] # `enrol` and `issue_token` write only roles
    return role


def add_course(session: Session, course_id: str, title: str, now: datetime) -> None:
    """Make a course. Raises AccessError where its id is taken or no id, or its title no text."""
    require_id("course", course_id)
    require_text("title of a course", title)
    if session.get(Course, course_id) is not None:
        raise AccessError(f"course {course_id!r}: found one of that id, expected none")
    session.add(Course(id=course_id, title=title, created_at=now))
    with at_once():
        session.flush()


def courses(session: Session) -> Sequence[Course]:
    """All courses, by id."""
    return session.scalars(select(Course).order_by(Course.id)).all()


def add_person(session: Session, person_id: str, name: str, now: datetime) -> None:
    """Make a person, or give one another name. Raises AccessError where id or name are none."""
    require_id("person", person_id)
    require_text(f"name of {person_id}", name)
    known = session.get(Person, person_id)
    if known is None:
        session.add(Person(id=person_id, name=name, created_at=now))
    elif name:
        known.name = name
    with at_once():
        session.flush()


def people(session: Session, course_id: str) -> Sequence[tuple[Person, Role]]:
    """The members of a course, by id, and what each is there."""
    rows = session.execute(
        select(Person, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.course_id == course_id)
        .order_by(Person.id)
    )
    return [(person, _role(role)) for person, role in rows]


def enrol(session: Session, course_id: str, person_id: str, role: Role | None = None) -> None:
    """Make a person a member, or another kind of member.

    Args:
        session: one that writes.
        course_id: of a course that is there.
        person_id: of a person who is there.
        role: None: what they are already, and a student who is new.

    Raises:
        AccessError: there is no such course or person.
    """
    if session.get(Course, course_id) is None:
        raise AccessError(f"course {course_id!r}: found none, expected one: `course add` makes it")
    if session.get(Person, person_id) is None:
        raise AccessError(f"person {person_id!r}: found none, expected one: `person add` makes it")
    member = session.get(Membership, (course_id, person_id))
    if member is None:
        new = role or "student"
        session.add(Membership(course_id=course_id, person_id=person_id, role=new))
    elif role is not None:
        member.role = role
    with at_once():
        session.flush()


def issue_token(session: Session, person_id: str, grant: Grant, now: datetime) -> str:
    """Make a token; what is returned is kept nowhere. Raises AccessError."""
    require_text("label of a token", grant.label)
    if session.get(Person, person_id) is None:
        raise AccessError(f"person {person_id!r}: found none, expected one: `person add` makes it")
    public = secrets.token_hex(6)
    text = f"grd_{public}_{secrets.token_urlsafe(32)}"
    row = Token(
        id=public,
        digest=_digest(text),
        person_id=person_id,
        role=grant.role,
        label=grant.label,
        created_at=now,
        expires_at=grant.expires_at,
    )
    session.add(row)
    session.flush()
    return text


def tokens(session: Session, person_id: str | None = None) -> Sequence[Token]:
    """All tokens, or a person's, the newest first."""
    query = select(Token).order_by(Token.created_at.desc(), Token.id)
    if person_id is not None:
        query = query.where(Token.person_id == person_id)
    return session.scalars(query).all()


def revoke(session: Session, token_id: str, now: datetime) -> None:
    """Let it be good for nothing from now on. Raises AccessError where there is none."""
    found = session.get(Token, token_id)
    if found is None:
        raise AccessError(f"token {token_id!r}: found none, expected one that `token list` shows")
    found.revoked_at = found.revoked_at or now


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
