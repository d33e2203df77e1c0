from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from ledger_rows import NOW, OTHER, WORKER, course, waiting
from service_stubs.processes import until
from service_stubs.servers import PostgresServer
from sqlalchemy import text

from grader.errors import AccessError, LedgerError
from grader.ledger import Ledger, access, claims
from grader.ledger import ledger as opening
from grader.ledger.base import Base


def test_a_database_that_nobody_serves_is_told(tmp_path: Path) -> None:
    ledger = Ledger("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    with pytest.raises(LedgerError, match="cannot be used"), ledger.read() as session:
        session.connection()
    ledger = Ledger(f"sqlite:///{tmp_path / 'no' / 'folder' / 'grader.db'}")
    with pytest.raises(LedgerError, match="cannot be used"), ledger.write() as session:
        session.connection()


def test_no_thread_waits_for_a_connection_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'grader.db'}")
    monkeypatch.setattr(ledger.engine.pool, "_timeout", 0.01)

    def take_all() -> None:
        with ExitStack() as held:
            for _ in range(100):
                held.enter_context(ledger.read()).connection()

    with pytest.raises(LedgerError, match="in use"):
        take_all()
    ledger.close()


@pytest.fixture
def server(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """A database that many write to at once, where a transaction may stand still for a second."""
    monkeypatch.setattr(opening, "IDLE_SECONDS", 1)
    ledger = Ledger(postgres.emptied())
    Base.metadata.create_all(ledger.engine)
    yield ledger
    ledger.close()


def test_of_two_who_make_the_same_course_at_once_the_second_is_told(server: Ledger) -> None:
    with server.write() as first, ThreadPoolExecutor(1) as other:
        access.add_course(first, "dl", "Deep learning", NOW)
        second = other.submit(_add_the_same, server)
        _wait_for_a_lock(server)
        first.commit()
        with pytest.raises(AccessError, match="at the same time"):
            second.result()


def _add_the_same(ledger: Ledger) -> None:
    with ledger.write() as session:
        access.add_course(session, "dl", "Deeper learning", NOW)


def _wait_for_a_lock(ledger: Ledger) -> None:
    waits = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")

    def somebody_waits() -> bool:
        with ledger.read() as session:
            return bool(session.scalar(waits))

    until("somebody waits for a row", somebody_waits)


def test_a_claimer_that_stands_still_in_its_transaction_lets_the_next_one_claim(
    server: Ledger,
) -> None:
    with server.write() as session:
        course(session)
        row = waiting(session, "ada")
    taken: list[claims.Claim | None] = []
    with pytest.raises(LedgerError, match="idle-in-transaction"):
        _stand_still(server, taken)
    assert [item and item.id for item in taken] == [row]


def _stand_still(ledger: Ledger, taken: list[claims.Claim | None]) -> None:
    """Claim in a transaction that stands still while another claims."""
    with ledger.write() as stopped:
        assert claims.claim(stopped, "cpu", WORKER, NOW) is not None
        with ledger.write() as session:
            session.execute(text("SET LOCAL lock_timeout = '20s'"))  # to fail, not to hang
            taken.append(claims.claim(session, "cpu", OTHER, NOW))
