"""The database that the settings name, and how its rows are shown."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from grader.cli.output import out, plain
from grader.settings import Settings

if TYPE_CHECKING:
    from grader.ledger import Ledger

JsonOption = Annotated[bool, typer.Option("--json", help="For programs: a JSON array.")]


@contextmanager
def ledger() -> "Iterator[Ledger]":
    """The database, with the tables that this version knows: an older one is upgraded first."""
    from grader.ledger import migrate  # SQLAlchemy costs time at every start
    from grader.wiring import services

    opened = services.ledger(Settings())
    try:
        migrate.upgrade(opened)
        yield opened
    finally:
        opened.close()


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def moment(text: str | None) -> datetime | None:
    """A time as ISO 8601 with its zone.

    Raises:
        typer.BadParameter: it is none, or names no zone.
    """
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time: write 2026-12-01T23:59+01:00") from None
    if found.tzinfo is None:
        raise typer.BadParameter(f"{text!r} names no time zone: write {text}+01:00, or {text}Z")
    return found.astimezone(UTC)


def told(value: datetime | None) -> str:
    """A time for people, in this machine's zone; nothing for None."""
    return "" if value is None else value.astimezone().strftime("%Y-%m-%d %H:%M %Z")


def show(rows: Sequence[Mapping[str, object]], *, as_json: bool) -> None:
    """Print rows with equal keys as a table, or as JSON."""
    if as_json:
        print(json.dumps(rows, default=str, indent=1))  # noqa: T201 - the bytes as they are
        return
    if not rows:
        out.print("none")
        return
    table = Table(*rows[0], box=None)
    for row in rows:
        shown = (told(v) if isinstance(v, datetime) else v for v in row.values())
        table.add_row(*(plain("" if value is None else str(value)) for value in shown))
    out.print(table, markup=False)
