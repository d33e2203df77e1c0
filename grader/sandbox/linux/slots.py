"""Slots: each running sandbox holds one, with a user and a control group's name of its own.

A lock file is a slot; the kernel frees it when its holder dies. Whoever takes a slot then cleans up
what a dead holder left under its name. A user is another lock, in one folder for the whole machine:
graders that share no slots (another runtime folder, another backend) must not share users either,
or a run could signal another's processes, and what one leaves could be taken for the other's.
"""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from grader.errors import SandboxError

COUNT = 64
"""Sandboxes that may run at once on a machine."""
USERS = Path("/run/grader-users")
"""Locks of the users of this machine; only root has users to give."""
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

    def __init__(
        self, folder: Path, *, users: bool, count: int = COUNT, machine: Path = USERS
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if users:
            machine.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = folder.stat()
        # Two folders of the same path (in two containers) are two sets of slots.
        label = hashlib.sha256(f"{folder.resolve()}:{place.st_dev}:{place.st_ino}".encode())
        self._folder, self.users, self._count = folder, users, count
        self._machine = machine
        self.label = label.hexdigest()[:8]

    @contextmanager
    def hold(self) -> Iterator[Slot]:
        """Take the first free slot for as long as the context lasts.

        Raises:
            SandboxError: all are taken.
        """
        with ExitStack() as held:
            number = _first_free(self._folder, "slot", self._count, held)
            user = _first_free(self._machine, "user", COUNT, held) if self.users else None
            uid = None if user is None else FIRST_UID + user
            yield Slot(f"grader-{self.label}-{number}", uid)

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


def _first_free(folder: Path, kind: str, count: int, held: ExitStack) -> int:
    """Lock the first that nobody holds, until `held` is closed. Raises SandboxError."""
    for number in range(count):
        with suppress(Timeout):
            lock = FileLock(folder / f"{kind}-{number}.lock", mode=0o600)
            held.enter_context(lock.acquire(blocking=False))
            return number
    raise SandboxError("no_free_slot", f"{count} sandboxes are running already")
