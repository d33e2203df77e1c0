from contextlib import ExitStack
from pathlib import Path

import pytest

from grader.errors import LedgerError
from grader.ledger import Ledger


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
