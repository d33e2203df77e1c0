"""Submissions come in: each wish is kept once, within what the course allows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.domain.card import Card
from grader.domain.service import Lane
from grader.ledger import admission, events, publish
from grader.ledger.admission import RefusedError
from grader.ledger.slots import slots_of
from grader.ledger.work import Submission


@dataclass(frozen=True)
class Upload:
    """A notebook that was read and found right, and whose it is."""

    course_id: str
    assignment_id: str
    student_id: str
    """A member of the course."""
    name: str
    """File name, without folders and control characters."""
    sha256: str
    code_sha256: str
    size: int
    """Bytes."""
    trains: bool
    """See `grader.notebook.trains`."""
    key: str | None = None
    """Of the wish: sent twice under one key it is one submission."""
    bound: bool = True
    """The course's times and attempts hold for it; not so for staff that try an assignment."""


@dataclass(frozen=True)
class Accepted:
    """A submission that stands.

    Attributes:
        id: its id.
        lane: the queue in which it waits.
        replayed: it was accepted before, under the same key.
    """

    id: str
    lane: Lane
    replayed: bool


def accept(session: Session, upload: Upload, now: datetime) -> Accepted:
    """Keep a submission, ready to be claimed. Its message is the caller's, after the commit.

    Two of one student are kept one after the other, so that attempts are counted right.

    Raises:
        RefusedError: the course does not take it; see there.
    """
    admission.one_by_one(session, upload.student_id)
    if (before := _replayed(session, upload)) is not None:
        return before
    card = publish.card(session, upload.assignment_id)
    if card is None:
        raise RefusedError(
            "unknown_assignment", f"no worker has published an assignment {upload.assignment_id!r}"
        )
    if upload.bound:
        _require_open(session, upload, now)
    lane = _lane(session, card, upload, now)
    return _insert(session, upload, lane, now)


def require_taken(session: Session, upload: Upload, now: datetime) -> None:
    """Nothing, where `accept` would take it now: asked before its file is kept.

    Raises:
        RefusedError: it would not.
    """
    if _replayed(session, upload) is None and upload.bound:
        _require_open(session, upload, now)


def _require_open(session: Session, upload: Upload, now: datetime) -> None:
    of = (upload.course_id, upload.assignment_id, upload.student_id)
    admission.require_open(session, *of, now)


def _replayed(session: Session, upload: Upload) -> Accepted | None:
    if upload.key is None:
        return None
    before = session.scalar(
        select(Submission).where(
            Submission.student_id == upload.student_id, Submission.idempotency_key == upload.key
        )
    )
    if before is None:
        return None
    if _wish(before) != _wish(upload):
        raise RefusedError(
            "key_reused",
            f"this Idempotency-Key stands for submission {before.id} of {before.received_at:%c},"
            " of another notebook, course or assignment; send a new key for a new submission",
        )
    return Accepted(before.id, before.lane, replayed=True)


def _wish(of: Submission | Upload) -> tuple[str, str, str]:
    return of.course_id, of.assignment_id, of.sha256


def _lane(session: Session, card: Card, upload: Upload, now: datetime) -> Lane:
    """Where it waits; one that needs a GPU needs it for its probes too, whether or not it trains.

    A GPU that is only preferred is worth waiting for only where somebody has one.
    """
    if card.gpu == "required":
        return "gpu"
    if not upload.trains:
        return "fast"
    return "gpu" if card.gpu == "preferred" and slots_of(session, "gpu", now) else "cpu"


def _insert(session: Session, upload: Upload, lane: Lane, now: datetime) -> Accepted:
    identity = uuid4().hex
    row = Submission(
        id=identity,
        course_id=upload.course_id,
        assignment_id=upload.assignment_id,
        student_id=upload.student_id,
        name=upload.name,
        sha256=upload.sha256,
        code_sha256=upload.code_sha256,
        size=upload.size,
        idempotency_key=upload.key,
        state="queued",
        lane=lane,
        received_at=now,
        bound=upload.bound,
        counts=upload.bound,
    )
    session.add(row)
    session.flush()
    events.append(session, identity, "state", {"state": "queued", "lane": lane}, now)
    return Accepted(identity, lane, replayed=False)
