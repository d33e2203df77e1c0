"""Tmpfs that we mount ourselves, as root: an engine may bound their bytes but not their files.

One folder for all runs; in it one for each run, by its slot's name; in that a tmpfs for each place.
The kernel keeps a mount until it is undone, whoever made it: whoever takes a slot therefore first
removes what a dead holder left under its name.
"""

import ctypes
import os
from collections.abc import Mapping
from pathlib import Path

from grader.errors import SandboxError

_NOSUID_NODEV = 2 | 4
_DETACH, _NOFOLLOW = 2, 8
_NOT_MOUNTED = 22
"""EINVAL: umount2(2) was given a place where nothing is mounted."""
_MAY_MOUNT = 1 << 21
"""CAP_SYS_ADMIN."""

_libc = ctypes.CDLL(None, use_errno=True)


def may_mount(status: Path = Path("/proc/self/status")) -> bool:
    """Whether we may: an engine that may not makes a namespace of its own, where it may."""
    lines = status.read_text().splitlines()
    [effective] = [line.split()[1] for line in lines if line.startswith("CapEff:")]
    return bool(int(effective, 16) & _MAY_MOUNT)


class Mounts:
    """The folder of all runs."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, for nobody but us. Raises OSError where that cannot be done."""
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder.resolve()

    def names(self) -> tuple[str, ...]:
        """Whose mounts are there, or were left."""
        return tuple(sorted(each.name for each in self._folder.iterdir()))

    def make(self, name: str, wanted: Mapping[str, str]) -> Path:
        """Mount what a run wants; all of it, or nothing.

        Args:
            name: of its slot; nothing may be left of that name.
            wanted: name of a place -> options of its tmpfs.

        Returns:
            The run's folder, with the places in it.

        Raises:
            SandboxError: the kernel refuses.
        """
        run = self._folder / name
        try:
            run.mkdir()
            for place, options in wanted.items():
                (run / place).mkdir()
                _mount(run / place, options)
        except OSError as error:
            self.remove(name)
            raise SandboxError("no_scratch", f"no tmpfs could be mounted: {error}") from error
        return run

    def remove(self, name: str) -> None:
        """Undo what there is of that name: mounts first, as a crash may have left them.

        Raises:
            SandboxError: something of it cannot be removed.
        """
        run = self._folder / name
        if not run.exists():
            return
        try:
            for place in run.iterdir():
                _unmount(place)
                place.rmdir()
            run.rmdir()
        except OSError as error:
            raise SandboxError("mount_left", f"{run} could not be removed: {error}") from error


def _mount(where: Path, options: str) -> None:
    words = (b"tmpfs", os.fsencode(where), b"tmpfs", _NOSUID_NODEV, options.encode())
    if _libc.mount(*words) != 0:
        raise _error(where)


def _unmount(where: Path) -> None:
    """Whatever is mounted there, also where somebody on this machine looks into it just now."""
    while _libc.umount2(os.fsencode(where), _DETACH | _NOFOLLOW) == 0:
        pass
    if ctypes.get_errno() != _NOT_MOUNTED:
        raise _error(where)


def _error(where: Path) -> OSError:
    code = ctypes.get_errno()
    return OSError(code, os.strerror(code), str(where))
