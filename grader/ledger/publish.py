"""Cards of assignments: workers publish them, and the API, which has no torch, reads them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.domain.card import Card
from grader.ledger.names import is_id
from grader.ledger.people import AssignmentCard


def publish(session: Session, cards: Iterable[Card], now: datetime) -> None:
    """Show these assignments as they are now, in place of what was shown under their ids."""
    for item in cards:
        row = AssignmentCard(
            id=item.id,
            version=item.version,
            title=item.title,
            card=item.model_dump(mode="json"),
            published_at=now,
        )
        session.merge(row)


def card(session: Session, assignment_id: str) -> Card | None:
    """The card of an assignment; None where no worker has published one."""
    row = session.get(AssignmentCard, assignment_id) if is_id(assignment_id) else None
    return None if row is None else Card.model_validate(row.card)


def cards(session: Session) -> Sequence[Card]:
    """All of them, by id."""
    rows = session.scalars(select(AssignmentCard).order_by(AssignmentCard.id))
    return [Card.model_validate(row.card) for row in rows]
