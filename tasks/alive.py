"""A file that says that a process does its work: its time is that of the last round that went well.

A container's health check looks at it: a process that hangs is there, but does not write.
"""

from collections.abc import Callable
from pathlib import Path

import structlog

_log = structlog.get_logger(__name__)


def sign_of_life(folder: Path, name: str) -> Callable[[], None]:
    """What to call after each such round; `folder`: the runtime folder."""
    file = folder / "alive" / name

    def write() -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        except OSError as error:
            _log.warning("no_sign_of_life", file=str(file), error=str(error))

    return write
