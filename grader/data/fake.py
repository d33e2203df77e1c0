"""A source that holds its files in memory, for tests and for machines without a network."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.data.interface import FetchProgress, OnProgress, RawFile, SourceError


class FakeSource:
    """Gives the bytes that it was made with, right or wrong.

    Args:
        files: file name to bytes; a missing one raises SourceError after the others were written.

    Attributes:
        asked: names wanted by each call, in order.
    """

    def __init__(self, files: Mapping[str, bytes], name: str = "memory") -> None:
        self.name = name
        self.asked: list[tuple[str, ...]] = []
        self._files = dict(files)
        self._lock = threading.Lock()

    def get(self, wanted: Sequence[RawFile], into: Path, on_progress: OnProgress) -> None:
        """See `Source`."""
        with self._lock:
            self.asked.append(tuple(file.name for file in wanted))
        for file in wanted:
            content = self._files.get(file.name)
            if content is not None:
                (into / file.name).write_bytes(content)
                on_progress(
                    FetchProgress(
                        source=self.name, file=file.name, done=len(content), total=file.size
                    )
                )
        missing = [file.name for file in wanted if file.name not in self._files]
        if missing:
            raise SourceError(f"it lacks {', '.join(missing)}")
