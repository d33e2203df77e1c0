"""A memo in a file."""

import json
from pathlib import Path
from typing import Any


class FileMemo:
    """Measurements kept beside a stored run: a regrade measures only what is new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: dict[str, dict[str, Any]] = {}
        if path.is_file():
            try:
                self._values = dict(json.loads(path.read_bytes()))
            except (OSError, ValueError):
                self._values = {}  # only a cache: what is lost is measured again

    def get(self, key: str) -> dict[str, Any] | None:
        """What was put under the key, or None."""
        return self._values.get(key)

    def put(self, key: str, value: dict[str, Any]) -> None:
        """Keep a JSON object under the key."""
        self._values[key] = value
        draft = self._path.with_suffix(".tmp")
        draft.write_text(json.dumps(self._values))
        draft.replace(self._path)
