"""Folders for a while: removed after use, and where their maker was killed, by the next maker.

A maker holds a lock on its folder. The kernel drops it when the process dies, however it dies, so
whoever gets the lock of a folder may remove it.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir, mkdtemp

PREFIX = "grader-held-"


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """A folder that only this user reads, below the machine's folder for temporary files.

    Args:
        name: what it is for, such as ``job``; part of its own.

    Raises:
        OSError: it cannot be made, or not be removed.
    """
    sweep()
    path, lock = _made(name)
    try:
        yield path
    finally:
        try:
            shutil.rmtree(path)
        finally:
            os.close(lock)


def sweep() -> int:
    """Remove the folders of ours whose makers are gone; how many there were."""
    with os.scandir(gettempdir()) as entries:
        found = [Path(entry) for entry in entries if entry.name.startswith(PREFIX)]
    return sum(_removed(path) for path in found)


def _made(name: str) -> tuple[Path, int]:
    """A folder and its lock; made anew where a sweeper was quicker than our lock."""
    while True:
        path = Path(mkdtemp(prefix=f"{PREFIX}{name}-"))
        with suppress(FileNotFoundError):
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                return path, lock
            os.close(lock)


def _removed(path: Path) -> bool:
    """Remove it where nobody holds it; False as well where it is somebody else's."""
    try:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        if os.fstat(lock).st_uid != os.geteuid():
            return False
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
            return not path.exists()
        return False
    finally:
        os.close(lock)
