"""Logs of the service: JSON for programs, lines for people; never a token or a notebook's text."""

import logging
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from traceback import extract_tb
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

SECRET = re.compile(r"(?i)token|secret|password|authorization|source|notebook_text")
"""Names of values that are never written."""
NOISY = ("celery.app.trace", "celery.beat", "celery.worker.strategy", "alembic", "httpx")
"""What they tell of each message and request is told by us, with the submission's id."""
_IN_URL = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@")
_BEARER = re.compile(r"(?i)(bearer\s+)\S+")
_HIDDEN = "[hidden]"
MAX_TEXT = 2_000
"""Characters of one value."""


def set_up(level: str = "INFO") -> None:
    """Write what this process logs to standard error, structlog's and the standard library's."""
    people = sys.stderr.isatty()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        place_instead_of_exception,
        hide,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    last: Processor = (
        structlog.dev.ConsoleRenderer() if people else structlog.processors.JSONRenderer()
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    for name in NOISY:
        logging.getLogger(name).setLevel("WARNING")
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)


def where(error: BaseException) -> str:
    """Of what type it is and which lines raised it, without its words: these may quote a notebook.

    Returns:
        Such as ``KeyError at score.py:41 in points < look.py:88 in look``.
    """
    frames = extract_tb(error.__traceback__)[-12:]
    places = (f"{Path(f.filename).name}:{f.lineno} in {f.name}" for f in reversed(frames))
    return f"{type(error).__name__} at {' < '.join(places) or 'an unknown place'}"


def place_instead_of_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A processor: an exception is told by its type and its place; see `where`."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["exception"] = where(error)
    return event


def hide(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A processor: secrets are replaced by their names, in URLs and headers too."""
    own = {key: value for key, value in event.items() if key.startswith("_")}  # structlog's
    return {key: _hidden(key, value) for key, value in event.items()} | own


def _hidden(name: str, value: Any) -> Any:
    if SECRET.search(name):
        return _HIDDEN
    if isinstance(value, str):
        # Before it is cut: half a secret is not known for one.
        told = _BEARER.sub(rf"\1{_HIDDEN}", _IN_URL.sub(rf"\1:{_HIDDEN}@", value))
        return told if len(told) <= MAX_TEXT else f"{told[:MAX_TEXT]}…"
    if isinstance(value, Mapping):
        return {key: _hidden(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden(name, inner) for inner in value]
    return value
