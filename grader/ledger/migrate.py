"""Brings the database to the tables that this version knows.

A new migration, after a change of the tables (it needs an upgraded database to compare with)::

    python -m grader.ledger.migrate "Say what it does"; make format
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from grader.errors import LedgerError
from grader.ledger import people, work  # noqa: F401 - their tables become known
from grader.ledger.base import Base
from grader.ledger.ledger import Ledger

_ONE_AT_A_TIME = 7_041_776
"""Number of the advisory lock that PostgreSQL holds while somebody upgrades."""


def upgrade(ledger: Ledger) -> None:
    """Run the migrations that are missing; none where there are none, or where others just did.

    Raises:
        LedgerError: the database cannot be used, or belongs to a later version of the grader.
    """
    with ledger.write() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            # Held until the transaction ends. SQLite lets one writer in at a time anyway.
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))
        found = version(connection)
        if found == newest():
            return
        if found is not None and found not in _known():
            raise LedgerError(
                f"the database: found version {found!r}, expected one of this grader, at most "
                f"{newest()!r}: it was upgraded by a later one; install that"
            )
        command.upgrade(_config(connection), "head")


def version(connection: Connection) -> str | None:
    """The version of the tables; None where there are none yet."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The version that this grader knows."""
    head = ScriptDirectory.from_config(_config(None)).get_current_head()
    assert head is not None
    return head


def differences(connection: Connection) -> list[str]:
    """Where the database's tables are not those of this version; empty where all is well."""
    context = MigrationContext.configure(connection)
    return [repr(item) for item in compare_metadata(context, Base.metadata)]


def _known() -> set[str]:
    scripts = ScriptDirectory.from_config(_config(None))
    return {script.revision for script in scripts.walk_revisions()}


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("file_template", "m%%(rev)s_%%(slug)s")  # a module's name
    config.attributes["connection"] = connection
    return config


def _write(message: str) -> None:
    """A migration from an upgraded database of the version before to today's tables."""
    with TemporaryDirectory() as folder, Ledger(f"sqlite:///{folder}/new.db").write() as session:
        config = _config(session.connection())
        command.upgrade(config, "head")
        number = f"{len(_known()) + 1:04d}"
        command.revision(config, message, autogenerate=True, rev_id=number)


if __name__ == "__main__":
    _write(sys.argv[1])
