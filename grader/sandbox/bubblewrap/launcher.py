"""Runs between fork and bubblewrap, as its own program.

A program of its own because the grading process has threads (torch's among them), where nothing but
exec is safe after a fork. It imports nothing of ours, and nothing that costs milliseconds (json,
typing, pathlib): every run waits for it. Its arguments::

    --parent PID           process that started us; where it is gone, so are we
    --join FILE            cgroup.procs of a group to enter; repeated
    --rlimit NUMBER VALUE  soft = hard, never above what we have; repeated
    --user ID              uid = gid to become; without it we stay who we are
    --stage-at FOLDER      mount a tmpfs there, in a mount namespace of our own ...
    --stage FOLDER NAME    ... and bind a folder below it, since the new user may not reach it where
                           it lies; repeated
    --scratch NAME OPTIONS mount a tmpfs below it, which the kernel keeps to a number of files, as
                           bubblewrap cannot ask it to; repeated
    --terminals NAME OPTIONS  the same for pseudo-terminals (a devpts)
    -- COMMAND ...         what to become, with an empty environment
"""

import ctypes
import os
import resource
import sys

_VALUES = {
    "--parent": 1,
    "--join": 1,
    "--rlimit": 2,
    "--user": 1,
    "--stage-at": 1,
    "--stage": 2,
    "--scratch": 2,
    "--terminals": 2,
}
_NEW_MOUNTS = 0x00020000
_BIND, _RECURSIVE, _PRIVATE = 4096, 16384, 1 << 18
_NOSUID_NODEV, _NOSUID_NOEXEC = 2 | 4, 2 | 8
_PARENT_DEATH_SIGNAL, _KILL = 1, 9

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def _mount(source: str, where: str, kind: bytes | None, flags: int, data: bytes | None) -> None:
    result = _libc.mount(os.fsencode(source), os.fsencode(where), kind, flags, data)
    _check(result, f"mount on {where}")


def _stage(options: dict[str, list[list[str]]], where: str) -> None:
    """Show the sources below `where`. They are opened first: `where` may hide them."""
    sources = options["--stage"]
    _check(_libc.unshare(_NEW_MOUNTS), "unshare")
    _mount("none", "/", None, _RECURSIVE | _PRIVATE, None)
    opened = [(os.open(source, os.O_PATH | os.O_DIRECTORY), name) for source, name in sources]
    _mount("tmpfs", where, b"tmpfs", _NOSUID_NODEV, b"mode=0755,size=1m")
    for descriptor, name in opened:
        target = f"{where}/{name}"
        os.mkdir(target, 0o755)  # noqa: PTH102 - pathlib costs milliseconds
        _mount(f"/proc/self/fd/{descriptor}", target, None, _BIND | _RECURSIVE, None)
        os.close(descriptor)
    kinds = ("--scratch", b"tmpfs", _NOSUID_NODEV), ("--terminals", b"devpts", _NOSUID_NOEXEC)
    for option, kind, flags in kinds:
        for name, words in options[option]:
            target = f"{where}/{name}"
            os.mkdir(target, 0o755)  # noqa: PTH102 - pathlib costs milliseconds
            _mount(kind.decode(), target, kind, flags, words.encode())


def _limit(number: int, value: int) -> None:
    hard = resource.getrlimit(number)[1]
    lower = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(number, (lower, lower))


def _become(user: int) -> None:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _prepare(options: dict[str, list[list[str]]]) -> None:
    for [file] in options["--join"]:
        with open(file, "w") as procs:  # noqa: PTH123 - pathlib costs milliseconds
            procs.write("0")
    for number, value in options["--rlimit"]:
        _limit(int(number), int(value))
    for [folder] in options["--stage-at"]:
        _stage(options, folder)
    for [user] in options["--user"]:
        _become(int(user))
    # Changing the user clears it, so not earlier.
    _check(_libc.prctl(_PARENT_DEATH_SIGNAL, _KILL, 0, 0, 0), "prctl")
    for [parent] in options["--parent"]:
        if os.getppid() != int(parent):
            raise OSError("the grading process is gone")
    os.umask(0o077)


def _parsed(arguments: list[str]) -> tuple[dict[str, list[list[str]]], list[str]]:
    """Options with the values of each occurrence, and the command."""
    options: dict[str, list[list[str]]] = {name: [] for name in _VALUES}
    place = 0
    while arguments[place] != "--":
        name, first = arguments[place], place + 1
        place = first + _VALUES[name]
        options[name].append(arguments[first:place])
    return options, arguments[place + 1 :]


def main(arguments: list[str]) -> None:
    """Prepare and become the command; on failure say what, on standard error."""
    options, command = _parsed(arguments)
    try:
        _prepare(options)
        os.execve(command[0], command, {})  # noqa: S606 - no shell is what we want
    except (OSError, ValueError) as error:
        sys.exit(f"launcher: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
