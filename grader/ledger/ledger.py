"""The database: one place to open it, two ways to begin a transaction."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, TimeoutError  # noqa: A004 - the pool's, not Python's
from sqlalchemy.orm import Session

from grader.errors import LedgerError

BUSY_SECONDS = 10
"""How long SQLite waits for another writer; each of ours writes for milliseconds."""
CONNECT_SECONDS = 5
"""How long a server may take to answer; nobody waits for one that is gone."""
POOL_SECONDS = 10
"""How long a thread waits for another to give its connection back."""
_SILENCE = {
    "tcp_user_timeout": 15_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""How libpq notices a server that vanished without a word: else a query waits for hours."""
IDLE_SECONDS = 15
"""How long a transaction may stand still; ours take milliseconds. A process that was stopped, or
whose machine vanished, would else keep its locks, and all who want its rows waiting for it."""
_WRITES = "grader_writes"


class Ledger:
    """An open database.

    Its sessions end with the block: committed, or rolled back where it raised.
    """

    def __init__(self, url: str) -> None:
        """Open nothing yet.

        Args:
            url: such as ``sqlite:////var/lib/grader/grader.db`` or ``postgresql+psycopg://...``.
        """
        self.engine = _engine(url)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that looks. Raises LedgerError where the database cannot be reached."""
        with _named(), Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that may change rows.

        On SQLite it is the only writer from its beginning on, so that what it has read still holds
        when it writes. On PostgreSQL only compare-and-set and constraints hold that.

        Raises:
            LedgerError: the database cannot be reached, or was closed meanwhile.
        """
        engine = self.engine.execution_options(**{_WRITES: True})
        with _named(), Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if (
            isinstance(error.orig, sqlite3.OperationalError)
            or error.connection_invalidated
            or (type(error).__name__ == "OperationalError")
        ):
            raise LedgerError(f"the database cannot be used: {error.orig}") from error
        raise
    except TimeoutError as error:
        raise LedgerError("all connections to the database are in use; more cannot wait") from error


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        engine = create_engine(
            url,
            connect_args={"connect_timeout": CONNECT_SECONDS, **_SILENCE},
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
            pool_timeout=POOL_SECONDS,
        )
        event.listen(engine, "connect", _prepare_postgres)
        return engine
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, pool_timeout=POOL_SECONDS)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_postgres(connection: Any, _: Any) -> None:
    # not in libpq's `options`: they may come with the URL, and poolers refuse them
    connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
    connection.commit()


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # else the driver begins transactions by rules of its own
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
