"""Writing a control group's limits and ending it: what both versions share."""

import os
import signal
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox.linux.cgroup import processes

Settings = Mapping[str, tuple[tuple[str, str], ...]]
"""Controller -> files with what to write, in order."""
PATIENCE = 10.0
"""Seconds until processes that do not die are an error (uninterruptible sleep)."""


def write(settings: Settings, folders: Mapping[str, Path], optional: Collection[str] = ()) -> None:
    """Write the settings of the controllers that have a folder; `optional` ones may fail.

    Raises:
        OSError: the kernel refuses another one.
    """
    for controller, folder in folders.items():
        for file, value in settings.get(controller, ()):
            with suppress(*([OSError] if file in optional else [])):
                (folder / file).write_text(value)


def until_empty(procs: tuple[Path, ...], attempt: Callable[[frozenset[int]], None]) -> None:
    """Call `attempt` with who is left until nobody is.

    Raises:
        SandboxError: somebody is still there after `PATIENCE` seconds.
    """
    deadline = time.monotonic() + PATIENCE
    pause = 0.0005
    while left := processes(procs):
        if time.monotonic() > deadline:
            raise SandboxError("still_alive", f"processes {sorted(left)} survive SIGKILL")
        attempt(left)
        time.sleep(pause)
        pause = min(2 * pause, 0.05)


def kill_each(left: frozenset[int]) -> None:
    """SIGKILL to each; who is gone already is what we want."""
    for process in left:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue


def remove_folder(folder: Path) -> None:
    """Remove an empty group and what was made below it; the kernel may take a moment (EBUSY).

    Raises:
        SandboxError: it is still there after `PATIENCE` seconds.
    """
    deadline = time.monotonic() + PATIENCE
    while folder.exists():
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            if time.monotonic() > deadline:
                raise SandboxError("group_left", f"{folder} cannot be removed: {error}") from error
            time.sleep(0.002)
