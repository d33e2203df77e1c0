"""The tables that migrations make are those that the code knows."""

import multiprocessing

import pytest
from service_stubs.servers import PostgresServer
from sqlalchemy import text

from grader.errors import LedgerError
from grader.ledger import Ledger, migrate


def test_the_migrations_make_the_tables_that_the_code_knows(migrated: Ledger) -> None:
    with migrated.read() as session:
        assert migrate.differences(session.connection()) == []


def test_a_missing_column_is_a_difference(migrated: Ledger) -> None:
    with migrated.write() as session:
        session.execute(text("ALTER TABLE alerts DROP COLUMN message"))
        assert "message" in str(migrate.differences(session.connection()))


def test_a_second_upgrade_changes_nothing(migrated: Ledger) -> None:
    migrate.upgrade(migrated)
    with migrated.read() as session:
        assert migrate.version(session.connection()) == migrate.newest()


def test_several_may_upgrade_at_once(empty: Ledger) -> None:
    url = empty.engine.url.render_as_string(hide_password=False)
    spawning = multiprocessing.get_context("spawn")
    both = [spawning.Process(target=_upgrade, args=(url,)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]


def _upgrade(url: str) -> None:
    migrate.upgrade(Ledger(url))


def test_a_database_of_a_later_version_is_refused(migrated: Ledger) -> None:
    with migrated.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerError, match=r"'9999'.*later"):
        migrate.upgrade(migrated)


def test_a_database_that_is_gone_is_named_and_comes_back(
    postgres: PostgresServer,
) -> None:
    ledger = Ledger(postgres.url)
    with ledger.read() as session:
        session.execute(text("SELECT 1"))
    postgres.stop()
    try:
        with pytest.raises(LedgerError, match="the database cannot be used"), ledger.read() as s:
            s.execute(text("SELECT 1"))
    finally:
        postgres.start()
    with ledger.read() as session:
        assert session.execute(text("SELECT 1")).scalar() == 1
    ledger.close()


def test_a_database_that_goes_in_the_middle_of_a_transaction_is_named(
    postgres: PostgresServer,
) -> None:
    ledger = Ledger(postgres.url)
    try:
        with pytest.raises(LedgerError):
            _stopped_between(ledger, postgres)
    finally:
        postgres.start()
        ledger.close()


def _stopped_between(ledger: Ledger, postgres: PostgresServer) -> None:
    with ledger.write() as session:
        session.execute(text("SELECT 1"))
        postgres.stop()
        session.execute(text("SELECT 1"))
