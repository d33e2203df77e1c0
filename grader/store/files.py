"""Reads files that somebody else may have made: links, pipes, devices and endless ones included."""

import os
import stat
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

_CHUNK = 1024 * 1024


class UnreadableFileError(OSError):
    """It is no ordinary file, or a larger one than is read; the message names what was found."""


def read_file(path: Path, limit: int) -> bytes:
    """The bytes of an ordinary file. A link in the last place of the path is not followed.

    Raises:
        UnreadableFileError: it is a link, a folder, a pipe, a socket or a device, or it holds more
            than `limit` bytes.
        OSError: it cannot be read.
    """
    _require_ordinary(os.lstat(path), path, limit)
    # It may be another one by now: O_NOFOLLOW takes no link, O_NONBLOCK waits for no pipe.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _require_ordinary(os.fstat(descriptor), path, limit)
        return _content(descriptor, path, limit)
    finally:
        os.close(descriptor)


def _require_ordinary(found: os.stat_result, path: Path, limit: int) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise UnreadableFileError(f"{path} is a symbolic link, expected the file itself")
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableFileError(f"{path} is no ordinary file")
    if found.st_size > limit:
        raise UnreadableFileError(
            f"{path} holds {found.st_size:,} bytes, at most {limit:,} are read"
        )


def _content(descriptor: int, path: Path, limit: int) -> bytes:
    """All bytes; a file may grow while it is read."""
    chunks: list[bytes] = []
    left = limit
    while chunk := os.read(descriptor, _CHUNK):
        left -= len(chunk)
        if left < 0:
            raise UnreadableFileError(f"{path} grew over {limit:,} bytes while it was read")
        chunks.append(chunk)
    return b"".join(chunks)


def files_below(folder: Path, pattern: str) -> Iterator[Path]:
    """Every entry below the folder whose name fits, whatever it is; no link is followed.

    However deep the folders are nested: those whose path is too long for the system are left out,
    like those that may not be read.
    """
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(here / entry.name)
                    elif fnmatchcase(entry.name, pattern):
                        yield here / entry.name
        except OSError:
            continue
