"""A job -> what a fork of the warm parent does, as data; see ``parent/warm_run.py``. Pure."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.domain.limits import Limits
from grader.sandbox.bubblewrap.command import (
    FIRST,
    GROUP,
    PASSWD,
    SCRATCH,
    SHARED_MEMORY,
    USER_ID,
    View,
)
from grader.sandbox.linux.layout import HOME, JOB, SYSTEM, TERMINALS, Bind, bounds

DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {
    **{name: f"usr/{name}" for name in ("lib", "lib64", "bin", "sbin")},
    "dev/fd": "/proc/self/fd",
    "dev/stdin": "/proc/self/fd/0",
    "dev/stdout": "/proc/self/fd/1",
    "dev/stderr": "/proc/self/fd/2",
}
"""Where a link is -> where it leads."""

Step = tuple[str, ...]


@dataclass(frozen=True)
class Hold:
    """What keeps a run within its bounds.

    Attributes:
        join: files by which to enter control groups.
        rlimits: number -> value, for each process.
        user: uid to become, or None.
        processes: a limit for where no control group counts them, or None.
        private_bytes: a limit for where no control group counts memory, or None.
    """

    join: tuple[Path, ...]
    rlimits: Mapping[int, int]
    user: int | None
    processes: int | None
    private_bytes: int | None


def plan(
    view: View, system: Sequence[Path], hold: Hold, limits: Limits, variables: Mapping[str, str]
) -> dict[str, object]:
    """The plan, ready for JSON, but for the system call filter, which `with_filter` adds.

    Args:
        view: what is seen of the host.
        system: files and folders of ``/etc`` that this machine has and a guest needs.
        hold: its bounds.
        limits: its limits.
        variables: its environment.
    """
    return {
        "join": [str(file) for file in hold.join],
        "rlimits": list(hold.rlimits.items()),
        "user": hold.user,
        "inside": USER_ID,
        "processes": hold.processes,
        "private_bytes": hold.private_bytes,
        "view": list(steps(view, system, limits.tmp_bytes)),
        "variables": dict(variables),
        "threads": limits.threads,
        "program": str(JOB / "guest"),
        "home": str(HOME),
        "host": "sandbox",
    }


def with_filter(plan: Mapping[str, object], program: bytes) -> dict[str, object]:
    """The plan with a system call filter."""
    return {**plan, "seccomp": base64.b64encode(program).decode()}


def steps(view: View, system: Sequence[Path], tmp_bytes: int) -> Iterator[Step]:
    """How the view is built, in order; what `grader.sandbox.bubblewrap.command` says in options."""
    yield _bind(Bind(SYSTEM, SYSTEM))
    yield from (_bind(Bind(path, path)) for path in system)
    yield ("file", "/etc/passwd", PASSWD)
    yield ("file", "/etc/group", GROUP)
    yield ("proc",)
    yield ("tmpfs", FIRST, "mode=0555,size=4k,nr_inodes=2")  # nobody sees into the first process
    yield ("closed", FIRST)
    yield ("tmpfs", "/dev", "mode=0755,size=64k,nr_inodes=64")
    yield from (("device", f"/dev/{name}", f"/dev/{name}") for name in DEVICES)
    yield from (("link", target, place) for place, target in _LINKS.items())
    yield ("terminals", TERMINALS)
    for place, mode in ((SHARED_MEMORY, "1777"), (SCRATCH, "1777"), (str(HOME), "0700")):
        yield ("tmpfs", place, f"mode={mode},{bounds(tmp_bytes)}")
    yield ("closed", "/dev")
    yield from _environment(view)
    yield from map(_bind, view.job)


def _environment(view: View) -> Iterator[Step]:
    """Source trees are emptied before the environment is bound, since it may lie inside one."""
    inside = [b for b in view.environment if any(map(b.target.is_relative_to, view.emptied))]
    yield from (_bind(bind) for bind in view.environment if bind not in inside)
    yield from (("tmpfs", str(tree), "mode=0755,size=64k,nr_inodes=64") for tree in view.emptied)
    yield from map(_bind, inside)
    yield from (("closed", str(tree)) for tree in view.emptied)
    yield from (_bind(Bind(view.mask, folder)) for folder in view.masked)


def _bind(bind: Bind) -> Step:
    return ("bind", str(bind.source), str(bind.target))
