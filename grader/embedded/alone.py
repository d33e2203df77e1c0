"""One `grader serve` for a state, and for a socket: locks that the kernel frees with their holder.

The locks say who may start, and `left` who was forgotten: a `grader serve` that was killed gets a
little time for its children, which the kernel has asked to end and which give their work back.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep

from filelock import FileLock, Timeout

from grader.embedded import left
from grader.embedded.redis import private_folder
from grader.errors import ServeError

LEFT_SECONDS = 15.0
"""How long what a killed `grader serve` left may take to end by itself."""
_LOOK_SECONDS = 0.1


@contextmanager
def alone(state: Path, service: Path, tell: Callable[[str], None]) -> Iterator[str]:
    """Be the only one, with nothing left of another, for as long as the context lasts.

    Args:
        state: folder of the database and the files.
        service: folder of the socket.
        tell: gets a line for people about what was found.

    Yields:
        the mark by which what is started now is known; see `left`.

    Raises:
        ServeError: another one runs; or a folder cannot be made.
    """
    private_folder(state)
    private_folder(service)
    with ExitStack() as locks:
        locks.enter_context(_locked(state, "GRADER_STATE_DIR"))
        locks.enter_context(_locked(service, "GRADER_RUNTIME_DIR"))
        mark = left.mark(state)
        _wait_for_left(mark, tell)
        try:
            yield mark
        finally:
            left.kill_left(mark)


@contextmanager
def _locked(folder: Path, setting: str) -> Iterator[None]:
    lock, holder = FileLock(folder / "serve.lock", mode=0o600), folder / "serve.pid"
    try:
        lock.acquire(blocking=False)
    except Timeout:
        pid = holder.read_text() if holder.is_file() else "unknown"
        raise ServeError(
            f"another `grader serve` uses {folder} (process {pid}): end it with Ctrl-C or `kill "
            f"{pid}`, or set {setting} to another folder"
        ) from None
    try:
        holder.write_text(str(os.getpid()))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _wait_for_left(mark: str, tell: Callable[[str], None]) -> None:
    if not left.left(mark):
        return
    tell("waiting for what the last `grader serve` left to end")
    deadline = monotonic() + LEFT_SECONDS
    while left.left(mark) and monotonic() < deadline:
        sleep(_LOOK_SECONDS)
    if killed := left.kill_left(mark):
        tell(f"{killed} processes of the last `grader serve` did not end, and were killed")
