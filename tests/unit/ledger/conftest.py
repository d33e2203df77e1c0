from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger_rows import course

from grader.ledger import Ledger, migrate
from grader.ledger.base import Base


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A database without tables."""
    if request.param == "sqlite":
        made = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    else:
        made = Ledger(request.getfixturevalue("postgres").emptied())
    yield made
    made.close()


@pytest.fixture
def ledger(empty: Ledger) -> Ledger:
    """A database with all tables, a course, and students ``ada``, ``bob`` and ``cem``."""
    Base.metadata.create_all(empty.engine)
    with empty.write() as session:
        course(session)
    return empty


@pytest.fixture
def migrated(empty: Ledger) -> Ledger:
    """A database whose tables the migrations made."""
    migrate.upgrade(empty)
    return empty
