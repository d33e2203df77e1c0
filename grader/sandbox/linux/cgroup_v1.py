"""Control groups, version 1: one hierarchy for each controller."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.domain.limits import Limits
from grader.errors import SandboxError
from grader.sandbox.linux.cgroup import (
    CPU_PERIOD,
    NO_SWAP_LIMIT,
    SWAPS,
    Mount,
    Usage,
    counter,
    folder,
    swaps,
)
from grader.sandbox.linux.cgroup_files import (
    Settings,
    kill_each,
    remove_folder,
    until_empty,
    write,
)

CONTROLLERS = ("memory", "pids", "cpu", "cpuacct", "freezer")


SOCKETS = "memory.kmem.tcp.limit_in_bytes"
"""What TCP and UDP sockets hold, which this version counts apart from all other memory, and not at
all in a group that has no limit for it: also not where the group above has one."""
SOCKETS_PART = 8
"""Part of a run's memory that they may hold besides."""
NO_SOCKET_LIMIT = (
    "Nothing limits the memory of network sockets: a notebook can hold more than its memory limit."
)


def settings(limits: Limits) -> Settings:
    """What to write, in this order; memory and swap together, since memory alone would swap."""
    memory, quota = str(limits.memory_bytes), str(limits.threads * CPU_PERIOD)
    return {
        "memory": (
            ("memory.limit_in_bytes", memory),
            (_SWAP, memory),
            ("memory.swappiness", "0"),
            (SOCKETS, str(limits.memory_bytes // SOCKETS_PART)),
        ),
        "pids": (("pids.max", str(limits.processes)),),
        "cpu": (("cpu.cfs_period_us", str(CPU_PERIOD)), ("cpu.cfs_quota_us", quota)),
    }


_SWAP = "memory.memsw.limit_in_bytes"
_OPTIONAL = {_SWAP, "memory.swappiness", SOCKETS}
"""Kernels without accounting of swap, or of sockets, lack these (see `gaps`); the second is only a
hint."""


def gaps(memory: Path, *, swap: bool) -> tuple[str, ...]:
    """What groups below a folder of the memory controller do not limit; `swap`: there is some."""
    missing = {
        NO_SWAP_LIMIT: swap and not (memory / _SWAP).exists(),
        NO_SOCKET_LIMIT: not (memory / SOCKETS).exists(),
    }
    return tuple(words for words, lacks in missing.items() if lacks)


@dataclass(frozen=True)
class GroupV1:
    """One run's groups: controller -> folder."""

    places: Mapping[str, Path]

    @property
    def folders(self) -> tuple[Path, ...]:
        """See `Group`."""
        return tuple(dict.fromkeys(self.places.values()))

    @property
    def join(self) -> tuple[Path, ...]:
        """See `Group`."""
        return tuple(folder / "cgroup.procs" for folder in self.folders)

    def usage(self) -> Usage:
        """See `Group`."""
        peak, kills, denied, cpu = None, 0, 0, None
        if memory := self.places.get("memory"):
            peak = int((memory / "memory.max_usage_in_bytes").read_text())
            kills = counter((memory / "memory.oom_control").read_text(), "oom_kill")
        if pids := self.places.get("pids"):
            denied = counter((pids / "pids.events").read_text(), "max")
        if account := self.places.get("cpuacct"):
            cpu = int((account / "cpuacct.usage").read_text()) / 1e9
        return Usage(peak, kills, denied, cpu)

    def kill(self) -> None:
        """See `Group`. Frozen first, so that nothing forks away while it is being killed."""

        def attempt(left: frozenset[int]) -> None:
            self._freeze("FROZEN")
            kill_each(left)
            self._freeze("THAWED")

        until_empty(self.join, attempt)

    def remove(self) -> None:
        """See `Group`."""
        for each in self.folders:
            remove_folder(each)

    def _freeze(self, state: str) -> None:
        if freezer := self.places.get("freezer"):
            (freezer / "freezer.state").write_text(state)


@dataclass(frozen=True)
class GroupsV1:
    """Where groups can be made: controller -> parent folder."""

    parents: Mapping[str, Path]
    version: int = 1

    @property
    def held(self) -> frozenset[str]:
        """See `Groups`."""
        return frozenset(self.parents)

    @property
    def gaps(self) -> tuple[str, ...]:
        """See `Groups`."""
        memory = self.parents.get("memory")
        return () if memory is None else gaps(memory, swap=swaps(SWAPS.read_text()))

    def create(self, name: str, limits: Limits) -> GroupV1:
        """See `Groups`."""
        group = GroupV1({controller: parent / name for controller, parent in self.parents.items()})
        group.kill()
        group.remove()
        try:
            for each in group.folders:
                each.mkdir()
            write(settings(limits), group.places, _OPTIONAL)
        except OSError as error:
            group.remove()
            raise SandboxError("group_refused", f"control group {name}: {error}") from error
        return group


def find_v1(
    mounted: tuple[Mount, ...], own: Mapping[str, str], writable: Callable[[Path], bool]
) -> GroupsV1 | None:
    """The controllers below our own groups that we may write, or None: none of them.

    Below our own, so that what limits the grader limits its runs as well; at the hierarchy's root
    where our own group is not to be seen (a container that shows the host's hierarchy).
    """
    parents: dict[str, Path] = {}
    for controller in CONTROLLERS:
        for mount in mounted:
            if mount.version == 1 and controller in mount.options:
                place = folder(mount, own.get(controller, "/"))
                for parent in (place, mount.point):
                    if controller not in parents and writable(parent):
                        parents[controller] = parent
    return GroupsV1(parents) if parents else None
