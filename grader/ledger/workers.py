"""Workers, as they report themselves: who lives, what it serves, and whether it is well."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from grader.domain.service import Lane
from grader.ledger import alerts
from grader.ledger.claims import changed
from grader.ledger.slots import SILENT
from grader.ledger.work import Worker


@dataclass(frozen=True)
class Sign:
    """What a worker says of itself."""

    name: str
    lanes: Sequence[Lane]
    slots: int
    """Notebooks that it grades at once."""
    state: Literal["ok", "failing"]
    message: str = ""
    """What is wrong, where it fails."""


def report(session: Session, sign: Sign, now: datetime) -> None:
    """A worker lives; staff are alerted while it is failing."""
    row = session.get(Worker, sign.name)
    if row is None:
        row = Worker(name=sign.name, started_at=now)
        session.add(row)
    row.lanes, row.slots = ",".join(sign.lanes), sign.slots
    row.seen_at, row.state, row.message = now, sign.state, sign.message
    alerts.resolve(session, "worker_gone", sign.name, now)
    if sign.state == "failing":
        alerts.sound(session, "worker_failing", sign.name, sign.message, now)
    else:
        alerts.resolve(session, "worker_failing", sign.name, now)


def leave(session: Session, name: str, now: datetime) -> None:
    """A worker ends because it was asked to: nobody needs to know."""
    session.execute(delete(Worker).where(Worker.name == name))
    alerts.resolve(session, "worker_failing", name, now)


def missing(session: Session, now: datetime) -> Sequence[str]:
    """Names of those that have stopped reporting without leaving; staff are alerted of each."""
    silent = (Worker.state != "gone", Worker.seen_at < now - SILENT)
    found = session.scalars(select(Worker).where(*silent).order_by(Worker.name)).all()
    # One may report meanwhile, or another upkeep may be quicker.
    gone = update(Worker).where(*silent).values(state="gone")
    lost = [row for row in found if changed(session, gone.where(Worker.name == row.name))]
    for row in lost:
        alerts.sound(
            session,
            "worker_gone",
            row.name,
            f"it last reported at {row.seen_at:%Y-%m-%d %H:%M:%S} UTC: it died, hangs, or cannot"
            " reach the database; what it was doing is given to others",
            now,
        )
    return [row.name for row in lost]


def forget(session: Session, before: datetime) -> None:
    """Drop those that were gone before that moment, and their alerts."""
    names = session.scalars(
        select(Worker.name).where(Worker.state == "gone", Worker.seen_at < before)
    ).all()
    for name in names:
        alerts.resolve(session, "worker_gone", name, before)
    session.execute(delete(Worker).where(Worker.name.in_(names)))
