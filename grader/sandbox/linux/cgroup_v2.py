"""Control groups, version 2: one hierarchy, and processes only in its leaves."""

from collections.abc import Callable
from contextlib import suppress
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

WANTED = ("memory", "pids", "cpu")
NEEDED = frozenset({"memory", "pids"})
LEAF = "notebook-grader"
"""Where our own processes go when groups can only be made beside them."""


def settings(limits: Limits) -> Settings:
    """What to write. Without ``memory.oom.group`` parts of a killed run survive."""
    return {
        "memory": (
            ("memory.max", str(limits.memory_bytes)),
            (_SWAP, "0"),
            ("memory.oom.group", "1"),
        ),
        "pids": (("pids.max", str(limits.processes)),),
        "cpu": (("cpu.max", f"{limits.threads * CPU_PERIOD} {CPU_PERIOD}"),),
    }


_SWAP = "memory.swap.max"
_OPTIONAL = {_SWAP}
"""Kernels without accounting of swap lack it (see `gaps`)."""


def gaps(parent: Path, *, swap: bool) -> tuple[str, ...]:
    """What groups made in a folder do not limit; `swap`: there is some.

    The hierarchy's top has no limits itself, so that what is below it tells as well.
    """
    places = (parent, *(each for each in parent.iterdir() if each.is_dir()))
    limited = [each for each in places if (each / "memory.max").exists()]
    held = any((each / _SWAP).exists() for each in limited)
    return (NO_SWAP_LIMIT,) if swap and limited and not held else ()


@dataclass(frozen=True)
class GroupV2:
    """One run's group."""

    folder: Path

    @property
    def join(self) -> tuple[Path, ...]:
        """See `Group`."""
        return (self.folder / "cgroup.procs",)

    @property
    def folders(self) -> tuple[Path, ...]:
        """See `Group`."""
        return (self.folder,)

    def usage(self) -> Usage:
        """See `Group`. ``memory.peak`` is there from Linux 5.19 on."""
        peak, cpu = self._read("memory.peak"), self._read("cpu.stat")
        return Usage(
            peak_bytes=int(peak) if peak else None,
            oom_kills=counter(self._read("memory.events"), "oom_kill"),
            forks_denied=counter(self._read("pids.events"), "max"),
            cpu_seconds=counter(cpu, "usage_usec") / 1e6 if cpu else None,
        )

    def kill(self) -> None:
        """See `Group`. ``cgroup.kill`` is there from Linux 5.14 on."""

        def attempt(left: frozenset[int]) -> None:
            killer = self.folder / "cgroup.kill"
            if killer.exists():
                killer.write_text("1")
            else:
                kill_each(left)

        until_empty(self.join, attempt)

    def remove(self) -> None:
        """See `Group`."""
        remove_folder(self.folder)

    def _read(self, name: str) -> str:
        try:
            return (self.folder / name).read_text()
        except FileNotFoundError:
            return ""


@dataclass(frozen=True)
class GroupsV2:
    """Where groups can be made."""

    parent: Path
    held: frozenset[str]
    version: int = 2

    @property
    def gaps(self) -> tuple[str, ...]:
        """See `Groups`."""
        return gaps(self.parent, swap=swaps(SWAPS.read_text())) if "memory" in self.held else ()

    def create(self, name: str, limits: Limits) -> GroupV2:
        """See `Groups`."""
        group = GroupV2(self.parent / name)
        group.kill()
        group.remove()
        try:
            group.folder.mkdir()
            write(settings(limits), dict.fromkeys(self.held, group.folder), _OPTIONAL)
        except OSError as error:
            group.remove()
            raise SandboxError("group_refused", f"control group {name}: {error}") from error
        return group


def find_v2(
    mounted: tuple[Mount, ...], own: str, writable: Callable[[Path], bool]
) -> GroupsV2 | None:
    """The nearest place, from our own group upwards, where groups with limits can be made.

    Our own group holds processes, so that it cannot hand out controllers; the one above usually
    can. Where nothing is above (a container, a delegated folder), our processes move to a leaf.
    """
    mount = next((m for m in mounted if m.version == 2), None)
    if mount is None:
        return None
    start = folder(mount, own)
    above = [start, *(parent for parent in start.parents if parent.is_relative_to(mount.point))]
    usable = [place for place in above if writable(place) and writable(place / "cgroup.procs")]
    for place in usable:
        held = _enabled(place)
        if held >= NEEDED:
            return GroupsV2(place, held)
    if start in usable and _words(start / "cgroup.controllers") >= NEEDED:
        _move_to_leaf(start)
        held = _enabled(start)
        if held >= NEEDED:
            return GroupsV2(start, held)
    return None


def _words(file: Path) -> frozenset[str]:
    try:
        return frozenset(file.read_text().split())
    except OSError:
        return frozenset()


def _enabled(place: Path) -> frozenset[str]:
    """Controllers that groups made in `place` get, after asking for those we want."""
    control = place / "cgroup.subtree_control"
    for name in WANTED:
        if name in _words(place / "cgroup.controllers") - _words(control):
            with suppress(OSError):  # EBUSY: the group holds processes; EACCES: not ours
                control.write_text(f"+{name}")
    return _words(control) & frozenset(WANTED)


def _move_to_leaf(place: Path) -> None:
    leaf = place / LEAF
    with suppress(OSError):
        leaf.mkdir(exist_ok=True)
        for process in (place / "cgroup.procs").read_text().split():
            with suppress(OSError):  # gone meanwhile
                (leaf / "cgroup.procs").write_text(process)
