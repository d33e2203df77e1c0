"""Tables: submissions, what their runs left, their reports, and what happened meanwhile."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from grader.domain.service import Lane
from grader.ledger.base import Base, Id, Leased, Name


class Submission(Leased, Base):
    """A notebook that somebody handed in: the truth about where it stands."""

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("student_id", "idempotency_key"),
        Index("ix_submissions_lane", "state", "lane", "received_at"),
        Index("ix_submissions_mine", "course_id", "assignment_id", "student_id"),
        Index("ix_submissions_student", "course_id", "student_id", "received_at"),
        Index("ix_submissions_newest", "course_id", "received_at", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"))
    assignment_id: Mapped[str] = mapped_column(Name)
    student_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str] = mapped_column(String(255))
    """File name as it was sent."""
    sha256: Mapped[str] = mapped_column(String(64))
    """Of its bytes, which lie in the file store under `grader.store.blobs.notebook_key`."""
    code_sha256: Mapped[str] = mapped_column(String(64), index=True)
    """Of its code cells alone; see `grader.notebook.code_digest`."""
    size: Mapped[int]
    """Bytes."""
    idempotency_key: Mapped[str | None] = mapped_column(String(255), default=None)
    state: Mapped[str] = mapped_column(String(16))
    lane: Mapped[Lane] = mapped_column(String(16))
    received_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(index=True, default=None)
    bound: Mapped[bool] = mapped_column(default=True)
    """The course's terms hold for it; not so where staff try an assignment."""
    retries: Mapped[int] = mapped_column(default=0)
    """How often it was asked for again after we had given it up."""
    counts: Mapped[bool] = mapped_column(default=True)
    """It spent one of the student's attempts; not so where we failed."""
    report_id: Mapped[str | None] = mapped_column(Id, default=None)
    """The report that holds now; no foreign key, which would go round in a circle."""


class Run(Base):
    """Evidence that is kept: the same work sent once more is judged on it, and so is a regrade."""

    __tablename__ = "runs"
    __table_args__ = (Index("ix_runs_recent", "assignment_id", "created_at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    work: Mapped[str] = mapped_column(String(64), index=True)
    """Digest of all that the run depends on; see `grader.work.same.work_digest`."""
    assignment_id: Mapped[str] = mapped_column(Name)
    assignment_version: Mapped[str] = mapped_column(Name)
    created_at: Mapped[datetime]
    seconds: Mapped[float]
    """Wall time in the sandbox."""


class Report(Base):
    """A score report: written once for each version of the assignment."""

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("submission_id", "assignment_version"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"))
    assignment_version: Mapped[str] = mapped_column(Name)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    created_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(16))
    earned: Mapped[float]
    possible: Mapped[float]
    pending: Mapped[float]
    body: Mapped[str] = mapped_column(Text)
    """The report's JSON."""


class Event(Base):
    """What happened to a submission, for whoever watches it now; swept a day after."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(index=True)


class Regrade(Base):
    """A wish of staff to judge a class's stored evidence by today's assignment."""

    __tablename__ = "regrades"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    course_id: Mapped[str] = mapped_column(ForeignKey("courses.id"))
    assignment_id: Mapped[str] = mapped_column(Name)
    asked_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime]
    apply: Mapped[bool]
    """False: says what would change, and changes nothing."""


class RegradeItem(Leased, Base):
    """One submission of a regrade."""

    __tablename__ = "regrade_items"
    __table_args__ = (
        UniqueConstraint("regrade_id", "submission_id"),
        Index("ix_regrade_items_lane", "state", "received_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    regrade_id: Mapped[str] = mapped_column(ForeignKey("regrades.id"))
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"))
    state: Mapped[str] = mapped_column(String(16))
    """``queued``, ``running``, ``graded`` or ``not_graded``."""
    received_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    before: Mapped[float | None] = mapped_column(default=None)
    """Points of the report that held."""
    after: Mapped[float | None] = mapped_column(default=None)


_STANDS = text("resolved_at IS NULL")


class Alert(Base):
    """Something that staff must look at."""

    __tablename__ = "alerts"
    __table_args__ = (
        # one of a kind stands; of those that are over there may be many
        Index(
            "ix_alerts_standing",
            "code",
            "subject",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    code: Mapped[str] = mapped_column(Name)
    """Such as ``gave_up``, ``worker_failing``; docs/operations.md lists them."""
    subject: Mapped[str] = mapped_column(Name)
    """The submission, or the worker."""
    message: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    resolved_at: Mapped[datetime | None] = mapped_column(default=None)


class Worker(Base):
    """A process that takes work, as it last reported."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(Name, primary_key=True)
    lanes: Mapped[str] = mapped_column(String(64))
    """Joined by commas."""
    slots: Mapped[int]
    """Submissions that it grades at once."""
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    """``ok``, ``failing`` (its own health check failed three times: it takes nothing), ``gone``."""
    message: Mapped[str] = mapped_column(Text, default="")
