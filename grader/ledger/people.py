"""Tables: courses, people, what they are in a course, and their tokens."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from grader.ledger.base import Base, Name


class Course(Base):
    """A course."""

    __tablename__ = "courses"

    id: Mapped[str] = mapped_column(Name, primary_key=True)
    """Such as ``dl-2026``."""
    title: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class Person(Base):
    """Somebody, or a CI."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(Name, primary_key=True)
    """The login name that the course uses."""
    name: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]


class Membership(Base):
    """What a person is in a course."""

    __tablename__ = "memberships"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(16))


class Token(Base):
    """What a client shows to be somebody; only its digest is kept."""

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    """Its public part: shown in lists and logs."""
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the whole token, which holds 256 random bits: no salt is needed."""
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[str] = mapped_column(String(16))
    """The most that it may be used as, whatever the person is in the course."""
    label: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


class AssignmentCard(Base):
    """What the service shows of an assignment; a worker publishes it, for only it imports torch."""

    __tablename__ = "assignments"

    id: Mapped[str] = mapped_column(Name, primary_key=True)
    version: Mapped[str] = mapped_column(Name)
    title: Mapped[str] = mapped_column(String(200))
    card: Mapped[dict[str, Any]]
    """See `grader.domain.card.Card`."""
    published_at: Mapped[datetime]


class Offering(Base):
    """An assignment in a course; without one, it is open, without limit."""

    __tablename__ = "offerings"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"), primary_key=True)
    assignment_id: Mapped[str] = mapped_column(Name, primary_key=True)
    opens_at: Mapped[datetime | None] = mapped_column(default=None)
    due_at: Mapped[datetime | None] = mapped_column(default=None)
    late: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    """See `grader.domain.late.LatePolicy`; None: nothing is taken off, and nothing refused."""
    max_attempts: Mapped[int | None] = mapped_column(default=None)
