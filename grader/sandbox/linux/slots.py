"""Slots: each running sandbox holds one, with a user and a control group's name of its own.

A lock file is a slot; the kernel frees it when its holder dies. Whoever takes a slot then cleans up
what a dead holder left under its name.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from grader.errors import SandboxError

COUNT = 64
"""Sandboxes that may run at once on a machine."""
FIRST_UID = 60_800
"""Users 60706 to 61183 belong to nobody (systemd's table of user ids)."""


@dataclass(frozen=True)
class Slot:
    """A place to run in.

    Attributes:
        name: unique on the machine while the slot is held.
        uid: user and group of the sandbox's processes; None: whoever runs the grader.
    """

    name: str
    uid: int | None


class Slots:
    """The slots of all graders that share a folder; graders of one machine should."""

    def __init__(self, folder: Path, *, users: bool, count: int = COUNT) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        place = folder.stat()
        # Two folders of the same path (in two containers) are two sets of slots.
        label = hashlib.sha256(f"{folder.resolve()}:{place.st_dev}:{place.st_ino}".encode())
        self._folder, self.users, self._count = folder, users, count
        self.label = label.hexdigest()[:8]

    @contextmanager
    def hold(self) -> Iterator[Slot]:
        """Take the first free slot for as long as the context lasts.

        Raises:
            SandboxError: all are taken.
        """
        for number in range(self._count):
            lock = FileLock(self._folder / f"slot-{number}.lock", mode=0o600)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                continue
            try:
                uid = FIRST_UID + number if self.users else None
                yield Slot(f"grader-{self.label}-{number}", uid)
            finally:
                lock.release()
            return
        raise SandboxError("no_free_slot", f"{self._count} sandboxes are running already")

    @contextmanager
    def if_free(self, name: str) -> Iterator[bool]:
        """Whether nobody holds the slot of that name; it is held as long as the context lasts."""
        prefix, _, number = name.rpartition("-")
        if prefix != f"grader-{self.label}" or not number.isdecimal():
            yield False
            return
        lock = FileLock(self._folder / f"slot-{number}.lock", mode=0o600)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()
