"""What people may call things: ids and texts that every database of ours can hold."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from grader.errors import AccessError

TEXT = 200
"""Length of the longest text, in characters."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")


def is_id(text: str) -> bool:
    """Whether it can be an id: nothing else is shown to a database, which may not take it."""
    return _ID.fullmatch(text) is not None


def require_id(what: str, text: str) -> None:
    """Raise AccessError where it is no id of a `what`, such as ``course``."""
    if not is_id(text):
        raise AccessError(
            f"id of {what}: found {text!r}, expected at most 64 letters, digits and . _ @ + -,"
            " the first a letter or digit"
        )


def require_text(what: str, text: str) -> None:
    """Raise AccessError where a text of people is too long, or holds control characters.

    SQLite would take both; PostgreSQL takes neither.
    """
    if len(text) > TEXT or not text.isprintable():
        shown = text if len(text) <= TEXT else f"{text[:40]}... ({len(text)} characters)"
        raise AccessError(
            f"{what}: found {shown!r}, expected at most {TEXT} characters that can be printed"
        )


@contextmanager
def at_once() -> Iterator[None]:
    """Say it as AccessError where somebody else made the same row meanwhile."""
    try:
        yield
    except IntegrityError as error:
        raise AccessError(
            "somebody else changed the same rows at the same time; nothing was changed here:"
            " look, and try again"
        ) from error
