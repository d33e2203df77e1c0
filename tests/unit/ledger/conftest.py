import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger_rows import course
from service_stubs.servers import PostgresServer, postgres_is_here
from sqlalchemy import text

from grader.ledger import Ledger, migrate
from grader.ledger.base import Base


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server of this session's own."""
    if not postgres_is_here():
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is missing: apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed")
    server = PostgresServer()
    server.start()
    yield server
    server.end()


@pytest.fixture(scope="session")
def postgres_url(postgres: PostgresServer) -> str:
    return postgres.url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A database without tables."""
    if request.param == "sqlite":
        made = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    else:
        made = Ledger(request.getfixturevalue("postgres_url"))
        with made.write() as session:
            session.execute(text("DROP SCHEMA public CASCADE"))
            session.execute(text("CREATE SCHEMA public"))
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
