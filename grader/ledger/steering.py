"""What people do with a submission once it is in: cancel it, or ask for another try."""

from datetime import datetime

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from grader.domain.service import FINAL
from grader.ledger import events
from grader.ledger.claims import changed
from grader.ledger.work import Submission


def cancel(session: Session, row: Submission, now: datetime) -> bool:
    """End a submission; False: it has ended already.

    One that never ran spends no attempt, nor does one that waits again because we failed. One that
    ran does, if only for a while: its student has seen how it goes. Its worker learns with its next
    heartbeat that the lease is gone.
    """
    mine = update(Submission).where(Submission.id == row.id)
    ours = or_(Submission.claimed_at.is_(None), Submission.failures > 0)
    fresh = mine.where(Submission.state == "queued", ours)
    begun = mine.where(Submission.state.in_(("queued", "running")))
    ended = {"state": "cancelled", "finished_at": now, "lease": None, "lease_until": None}
    done = changed(session, fresh.values(counts=False, **ended)) or changed(
        session, begun.values(**ended)
    )
    if done:
        events.append(session, row.id, "state", {"state": "cancelled"}, now)
    return done


def retry(session: Session, row: Submission, now: datetime) -> bool:
    """Let one that we failed at wait again; False: it is not ``not_graded``.

    It keeps the moment at which it came in, and counts as an attempt if it did before.
    """
    again = (
        update(Submission)
        .where(Submission.id == row.id, Submission.state == "not_graded")
        .values(
            state="queued",
            counts=Submission.bound,
            retries=Submission.retries + 1,
            failures=0,
            claimed_at=None,
            reason=None,
            message="",
            finished_at=None,
            sent_at=None,
        )
    )
    done = changed(session, again)
    if done:
        events.append(session, row.id, "state", {"state": "queued", "lane": row.lane}, now)
    return done


def is_final(row: Submission) -> bool:
    """Whether nothing more will happen to it by itself."""
    return row.state in FINAL
