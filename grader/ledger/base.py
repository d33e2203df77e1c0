"""What all tables have in common, and what all rows have that a worker claims."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from grader.ledger.columns import UtcTime

Id = String(32)
"""uuid4 in hex."""
Name = String(64)


class Base(DeclarativeBase):
    """Every table; constraints have names, so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcTime, dict[str, Any]: JSON}


class Leased:
    """Columns of a row that is worked on by at most one worker at a time.

    Who holds `lease` and sees it there still may write; see `grader.ledger.claims`.
    """

    lease: Mapped[str | None] = mapped_column(Id, default=None)
    """Drawn anew for each claim; None: nobody works on it."""
    lease_until: Mapped[datetime | None] = mapped_column(index=True, default=None)
    worker: Mapped[str | None] = mapped_column(Name, default=None)
    """Who claimed it last."""
    claimed_at: Mapped[datetime | None] = mapped_column(default=None)
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    """When a message was last sent for it."""
    failures: Mapped[int] = mapped_column(default=0)
    """How often we failed, not the student."""
    reason: Mapped[str | None] = mapped_column(Name, default=None)
    """Code of our last failure, or why there is no report."""
    message: Mapped[str] = mapped_column(Text, default="")
    """The same in words."""
