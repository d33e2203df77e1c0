"""Runs between fork and bubblewrap, as its own program: ``python -I -S -B launcher.py JSON``.

A program of its own because the grading process has threads (torch's among them), where nothing but
exec is safe after a fork. It imports nothing of ours. The JSON object::

    parent       process that started us; it is gone: so are we
    join         files named cgroup.procs, of the groups to enter
    rlimits      [[number, value], ...], soft = hard; never above what we have
    user         uid = gid to become, or null to stay who we are
    stage        [[source, name], ...]: bound below `stage_at` before the user changes, since the
                 new user may not reach them where they lie
    stage_at     folder that a tmpfs is mounted on, in a mount namespace of our own
    command      what to become, with an empty environment
"""

import json
import os
import resource
import sys
from typing import Any

_NEW_MOUNTS = 0x00020000
_BIND, _RECURSIVE, _PRIVATE = 4096, 16384, 1 << 18
_NOSUID_NODEV = 2 | 4
_PARENT_DEATH_SIGNAL, _KILL = 1, 9


class _System:
    """The calls that Python 3.11 does not have."""

    def __init__(self) -> None:
        import ctypes

        self._library = ctypes.CDLL(None, use_errno=True)
        self._errno = ctypes.get_errno

    def _check(self, result: int, what: str) -> None:
        if result != 0:
            raise OSError(self._errno(), f"{what}: {os.strerror(self._errno())}")

    def own_mounts(self) -> None:
        self._check(self._library.unshare(_NEW_MOUNTS), "unshare")
        self._mount(b"none", "/", None, _RECURSIVE | _PRIVATE, None)

    def tmpfs(self, where: str) -> None:
        self._mount(b"tmpfs", where, b"tmpfs", _NOSUID_NODEV, b"mode=0755,size=1m")

    def bind(self, source: str, where: str) -> None:
        self._mount(source.encode(), where, None, _BIND | _RECURSIVE, None)

    def die_with_parent(self) -> None:
        self._check(self._library.prctl(_PARENT_DEATH_SIGNAL, _KILL, 0, 0, 0), "prctl")

    def _mount(
        self, source: bytes, where: str, kind: bytes | None, flags: int, data: bytes | None
    ) -> None:
        result = self._library.mount(source, os.fsencode(where), kind, flags, data)
        self._check(result, f"mount on {where}")


def _stage(system: _System, sources: list[list[str]], where: str) -> None:
    """Show the sources below `where`. They are opened first: `where` may hide them."""
    system.own_mounts()
    opened = [(os.open(source, os.O_PATH | os.O_DIRECTORY), name) for source, name in sources]
    system.tmpfs(where)
    for descriptor, name in opened:
        target = f"{where}/{name}"
        os.mkdir(target, 0o755)  # noqa: PTH102 - pathlib costs 5 ms of every run's start
        system.bind(f"/proc/self/fd/{descriptor}", target)
        os.close(descriptor)


def _become(user: int) -> None:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _enter(system: _System, plan: dict[str, Any]) -> None:
    for file in plan["join"]:
        with open(file, "w") as procs:  # noqa: PTH123 - as above
            procs.write("0")
    for number, value in plan["rlimits"]:
        hard = resource.getrlimit(number)[1]
        lower = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (lower, lower))
    if plan["user"] is not None:
        _stage(system, plan["stage"], plan["stage_at"])
        _become(plan["user"])
    system.die_with_parent()  # changing the user has cleared it, so not earlier
    if os.getppid() != plan["parent"]:
        raise OSError("the grading process is gone")
    os.umask(0o077)


def main(argument: str) -> None:
    """Prepare and become the command; on failure say what, on standard error."""
    plan = json.loads(argument)
    try:
        _enter(_System(), plan)
        os.execve(plan["command"][0], plan["command"], {})  # noqa: S606 - no shell is what we want
    except (OSError, ValueError) as error:
        sys.exit(f"launcher: {error}")


if __name__ == "__main__":
    main(sys.argv[1])
