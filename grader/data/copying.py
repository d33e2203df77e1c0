"""Copying a stream whose length is known, and no more than that."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from grader.data.interface import RawFile, SourceError

CHUNK = 256 * 1024


class Readable(Protocol):
    """What bytes are read from: a file, or one that is being unpacked."""

    def read(self, size: int, /) -> bytes:
        """At most that many bytes; none at the end."""


def copy_exactly(
    stream: Readable, target: Path, file: RawFile, on_bytes: Callable[[int], None]
) -> None:
    """Write the stream to a file, counting; reads at most one chunk too many.

    Raises:
        SourceError: the stream is shorter or longer than the file must be.
    """
    done = 0
    with target.open("wb") as out:
        while chunk := stream.read(CHUNK):
            done += len(chunk)
            if done > file.size:
                raise SourceError(f"{file.name} is longer than {file.size} bytes")
            out.write(chunk)
            on_bytes(done)
    if done < file.size:
        raise SourceError(f"{file.name} was cut off: found {done} bytes, expected {file.size}")
