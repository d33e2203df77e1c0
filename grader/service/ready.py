"""Whether the API can do its work: each thing that it stands on, looked at."""

from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from grader.domain.base import Frozen, example
from grader.errors import GraderError
from grader.ledger import migrate
from grader.service.adapters import Adapters

REQUIRED = ("database", "tables", "files")
"""Without the broker uploads are taken all the same, and their messages are sent later."""
_OLD = "version"
_log = structlog.get_logger()


class Readiness(Frozen):
    """What the API stands on, part by part."""

    model_config = example(
        ready=True, parts={"database": "ok", "tables": "ok", "broker": "ok", "files": "ok"}
    )

    ready: bool
    """Uploads are taken."""
    parts: dict[str, str]
    """``ok``, or what is wrong: of ``database``, ``tables``, ``broker`` and ``files``."""


def readiness(adapters: Adapters) -> Readiness:
    """Each part, looked at now."""
    tables = _part("database", lambda: _tables(adapters))
    parts = {
        "database": "ok" if tables.startswith(_OLD) else tables,
        "tables": tables,
        "broker": _part("broker", lambda: adapters.queue.waiting("fast")),
        "files": _part("files", adapters.blobs.try_writing),
    }
    return Readiness(ready=all(parts[name] == "ok" for name in REQUIRED), parts=parts)


def _tables(adapters: Adapters) -> str:
    with adapters.ledger.read() as session:
        found = migrate.version(session.connection())
    newest = migrate.newest()
    return "" if found == newest else f"{_OLD} {found}, not {newest}: run `grader admin db upgrade`"


def _part(name: str, look: Callable[[], object]) -> str:
    """``ok``, or what is wrong; addresses stay in the log."""
    try:
        wrong = look()
    except (GraderError, SQLAlchemyError) as error:
        _log.warning("part_not_ready", part=name, error=str(error))
        return "cannot be reached"
    return wrong if isinstance(wrong, str) and wrong else "ok"
