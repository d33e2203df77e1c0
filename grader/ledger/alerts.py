"""Alerts: what staff must look at, each once for as long as it lasts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from grader.ledger.claims import changed
from grader.ledger.work import Alert

Code = Literal["gave_up", "worker_failing", "worker_gone", "lane_unserved"]
"""What docs/operations.md explains."""


def sound(session: Session, code: Code, subject: str, message: str, now: datetime) -> bool:
    """Alert staff; False where they are alerted of it already, then the message is renewed.

    Args:
        session: one that writes.
        code: of what kind it is.
        subject: id of the submission, name of the worker or of the lane.
        message: what was found, and what to do.
        now: this moment, with its time zone.
    """
    standing = (
        update(Alert)
        .where(Alert.code == code, Alert.subject == subject, Alert.resolved_at.is_(None))
        .values(message=message)
    )
    if changed(session, standing):
        return False
    try:
        with session.begin_nested():
            session.add(Alert(code=code, subject=subject, message=message, at=now))
    except IntegrityError:  # somebody was quicker, with the same words
        return False
    return True


def resolve(session: Session, code: Code, subject: str, now: datetime) -> bool:
    """It is over; False where nobody was alerted of it."""
    over = (
        update(Alert)
        .where(Alert.code == code, Alert.subject == subject, Alert.resolved_at.is_(None))
        .values(resolved_at=now)
    )
    return changed(session, over)


def standing(session: Session) -> Sequence[Alert]:
    """Those that are not over, the newest first."""
    query = select(Alert).where(Alert.resolved_at.is_(None)).order_by(Alert.at.desc(), Alert.id)
    return session.scalars(query).all()


def forget(session: Session, before: datetime) -> None:
    """Drop those that were over before that moment."""
    session.execute(delete(Alert).where(Alert.resolved_at < before))
