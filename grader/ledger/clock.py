"""What time it is: an argument wherever it matters, so that tests can set it."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.ledger.columns import UtcTime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def database_now(session: Session) -> datetime:
    """When the transaction began, by the database's clock; of SQLite's, in whole seconds."""
    return session.execute(select(func.current_timestamp(type_=UtcTime()))).scalar_one()
