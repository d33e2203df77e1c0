"""Control groups behind one small protocol, whichever version the machine has."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from grader.domain.limits import Limits

CPU_PERIOD = 100_000
"""Microseconds."""


@dataclass(frozen=True)
class Usage:
    """What a group counted. `peak_bytes` and `cpu_seconds` are None where nothing measured them."""

    peak_bytes: int | None = None
    oom_kills: int = 0
    forks_denied: int = 0
    cpu_seconds: float | None = None


class Group(Protocol):
    """The control group of one run."""

    @property
    def join(self) -> tuple[Path, ...]:
        """Files into which a process writes "0" to enter."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where it is, in each hierarchy."""

    def usage(self) -> Usage:
        """Counters so far."""

    def kill(self) -> None:
        """Kill every process in it, and return when none is left.

        Raises SandboxError where some are still there after seconds.
        """

    def remove(self) -> None:
        """Remove the empty group. Raises SandboxError where it cannot be."""


class Groups(Protocol):
    """Where the groups of runs can be made."""

    @property
    def held(self) -> frozenset[str]:
        """What is limited or measured: of ``memory``, ``pids``, ``cpu``, ``freezer``."""

    @property
    def version(self) -> int:
        """1 or 2."""

    @property
    def gaps(self) -> tuple[str, ...]:
        """What this machine's groups do not limit although they should, in words for a TA."""

    def create(self, name: str, limits: Limits) -> Group:
        """Make a group; one of that name that a dead process left is killed and removed first.

        Raises SandboxError where the kernel refuses.
        """


SWAPS = Path("/proc/swaps")
NO_SWAP_LIMIT = (
    "This machine has swap, and its kernel limits no run's share of it: a notebook can hold more"
    " than its memory limit."
)


def swaps(table: str) -> bool:
    """Whether ``/proc/swaps`` names a device, below its heading."""
    return len(table.splitlines()) > 1


@dataclass(frozen=True)
class Mount:
    """A mounted hierarchy: where, from which folder of it, and (version 1) which controllers."""

    point: Path
    root: str
    version: int
    options: frozenset[str]


def mounts(mountinfo: str) -> tuple[Mount, ...]:
    """The hierarchies in ``/proc/self/mountinfo`` (format: proc_pid_mountinfo(5))."""
    found = []
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields, kind = left.split(), right.split()
        if len(fields) > 5 and len(kind) >= 3 and kind[0] in {"cgroup", "cgroup2"}:
            version = 1 if kind[0] == "cgroup" else 2
            point = Path(fields[4].replace("\\040", " "))
            found.append(Mount(point, fields[3], version, frozenset(kind[2].split(","))))
    return tuple(found)


def memberships(cgroup: str) -> dict[str, str]:
    """``/proc/self/cgroup`` as controller -> path; version 2 is the empty name (cgroups(7))."""
    found = {}
    for line in cgroup.splitlines():
        _, controllers, path = line.split(":", 2)
        found.update(dict.fromkeys(controllers.split(","), path))
    return found


def folder(mount: Mount, path: str) -> Path:
    """The folder of a group, or the mount point where the group is not below the mounted part."""
    root = Path(mount.root)
    inside = Path(path)
    if ".." in inside.parts or not inside.is_relative_to(root):
        return mount.point
    return mount.point / inside.relative_to(root)


def counter(text: str, name: str) -> int:
    """The value on the line ``name value`` of a flat-keyed file; 0 where there is no such line."""
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return 0


def processes(procs: Iterable[Path]) -> frozenset[int]:
    """Ids in ``cgroup.procs`` files; a group that is gone has none."""
    found: set[int] = set()
    for file in procs:
        try:
            found.update(int(line) for line in file.read_text().split())
        except FileNotFoundError:
            continue
        except OSError:  # ENODEV: removed while it was read
            continue
    return frozenset(found)
