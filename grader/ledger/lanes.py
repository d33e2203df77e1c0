"""Moves submissions to another lane, where nobody is left who serves theirs."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from grader.ledger import events, publish
from grader.ledger.claims import changed
from grader.ledger.work import Submission


def leave_gpu(session: Session, now: datetime) -> Sequence[str]:
    """Let what waits for a GPU that is only preferred be graded on CPUs; the ids that were moved.

    Each is moved by compare-and-set: a GPU worker that comes back may claim it meanwhile.
    """
    preferred = [card.id for card in publish.cards(session) if card.gpu == "preferred"]
    waiting = session.scalars(
        select(Submission.id)
        .where(
            Submission.state == "queued",
            Submission.lane == "gpu",
            Submission.assignment_id.in_(preferred),
        )
        .order_by(Submission.id)
    ).all()
    return [identity for identity in waiting if _moved(session, identity, now)]


def _moved(session: Session, identity: str, now: datetime) -> bool:
    still = (Submission.id == identity, Submission.state == "queued", Submission.lane == "gpu")
    if not changed(session, update(Submission).where(*still).values(lane="cpu", sent_at=None)):
        return False
    events.append(session, identity, "state", {"state": "queued", "lane": "cpu"}, now)
    return True
