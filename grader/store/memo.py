"""A memo in a file."""

import contextlib
import json
import os
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from grader.store.files import read_file

MAX_BYTES = 64 * 1024**2


class FileMemo:
    """Measurements kept beside a stored run: a regrade measures only what is new.

    Only a cache: what cannot be read is measured again, and what cannot be written is not kept.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values = read_memo(path)

    def get(self, key: str) -> dict[str, Any] | None:
        """What was put under the key, or None."""
        return self._values.get(key)

    def put(self, key: str, value: dict[str, Any]) -> None:
        """Keep a JSON object under the key."""
        self._values[key] = value
        with contextlib.suppress(OSError):
            self._write()

    def _write(self) -> None:
        """Through a new file of a name that nobody knows: one laid there before may be a link."""
        descriptor, draft = mkstemp(prefix=".memo-", dir=self._path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(descriptor, 0o644)
                json.dump(self._values, file)
            Path(draft).replace(self._path)
        except OSError:
            Path(draft).unlink(missing_ok=True)
            raise


def read_memo(path: Path) -> dict[str, dict[str, Any]]:
    """What is kept there, by key; nothing where it cannot be read."""
    try:
        found = json.loads(read_file(path, MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, dict)}
