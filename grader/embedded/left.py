"""What a `grader serve` that was killed left running, found by a mark in its environment.

The kernel tells our children when we die, and most end at once. One that hangs, or a grandchild
that nobody told, would work on beside those of the next start.
"""

import hashlib
import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARK = "GRADER_SERVED_BY"
"""Environment variable that all programs of one `grader serve` carry, and what they start."""
ROUNDS = 5
"""Looks for processes that others started before they were killed."""
END_SECONDS = 5.0
"""How long one may take to end; the kernel needs milliseconds."""


def mark(state: Path) -> str:
    """What names this state folder on this machine; two containers' of one path are two."""
    place = state.stat()
    whole = f"{state.resolve()}:{place.st_dev}:{place.st_ino}"
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def left(wanted: str) -> list[int]:
    """Processes that carry the mark, ourselves excepted."""
    found = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())
    return [pid for pid in found if pid != os.getpid() and _carries(pid, wanted)]


def kill_left(wanted: str) -> int:
    """Kill all that carry the mark, and wait for their ends; how many there were."""
    killed = 0
    for _ in range(ROUNDS):
        found = left(wanted)
        if not found:
            break
        killed += sum(_killed(pid, wanted) for pid in found)
    return killed


def _killed(pid: int, wanted: str) -> bool:
    with _held(pid) as process:
        # Looked at again: the number may have become another's before it was held.
        if process is None or not _carries(pid, wanted):
            return False
        signal.pidfd_send_signal(process, signal.SIGKILL)
        select.select([process], [], [], END_SECONDS)
        return True


def _carries(pid: int, wanted: str) -> bool:
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:  # somebody else's, or gone
        return False
    return f"{MARK}={wanted}".encode() in environment.split(b"\0")


@contextmanager
def _held(pid: int) -> Iterator[int | None]:
    try:
        process = os.pidfd_open(pid)
    except OSError:
        yield None
        return
    try:
        yield process
    finally:
        os.close(process)
