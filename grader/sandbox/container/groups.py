"""Control groups of ours above those of containers."""

import os
from dataclasses import dataclass
from pathlib import Path

from grader.domain.limits import Limits
from grader.errors import SandboxError
from grader.sandbox.container.engine import Engine
from grader.sandbox.linux.cgroup import Usage, mounts
from grader.sandbox.linux.cgroup_files import kill_each, remove_folder, until_empty
from grader.sandbox.linux.cgroup_v1 import CONTROLLERS, SOCKETS, GroupsV1, GroupV1

_MOUNTS = Path("/proc/self/mountinfo")
_DRIVER = {"docker": "{{.CgroupDriver}}", "podman": "{{.Host.CgroupManager}}"}


@dataclass(frozen=True)
class SharedGroup:
    """A run's group, with the container's below it.

    Attributes:
        own: ours, with its limits and counters.
        folders: what has its name, in all hierarchies.
    """

    own: GroupV1
    folders: tuple[Path, ...]

    @property
    def join(self) -> tuple[Path, ...]:
        """See `Group`; nobody joins it by hand."""
        return self.own.join

    def prepare(self, container: str) -> None:
        """Make the group that the engine will use for the container, before that is started.

        Only there a limit on what sockets hold counts for what is in the container, and no engine's
        command line sets it.

        Raises:
            SandboxError: the kernel refuses.
        """
        place = self.own.places["memory"] / container
        try:
            place.mkdir()
            limit = (place.parent / SOCKETS).read_text()
            (place / SOCKETS).write_text(limit)
        except FileNotFoundError:  # a kernel without that limit: `gaps` says so
            return
        except OSError as error:
            raise SandboxError("group_refused", f"control group {place}: {error}") from error

    def usage(self) -> Usage:
        """See `Group`."""
        return self.own.usage()

    def kill(self) -> None:
        """Nothing: the container is the engine's to end, which else would not know of it."""

    def remove(self) -> None:
        """See `Group`: with what the engine made in it, and did not end or remove.

        Raises:
            SandboxError: something in it survives being killed.
        """
        below = [Path(each) for top in self.folders for each, _, _ in os.walk(top, topdown=False)]
        until_empty(tuple(each / "cgroup.procs" for each in below), kill_each)
        for each in below:
            remove_folder(each)


@dataclass(frozen=True)
class SharedGroups:
    """Places for groups that an engine finds by name.

    Attributes:
        limited: where our group's limits and counters are.
        tops: the tops of all hierarchies: in each an engine makes a folder of the group's name, and
            does not remove it.
    """

    limited: GroupsV1
    tops: tuple[Path, ...]

    @property
    def held(self) -> frozenset[str]:
        """See `Groups`."""
        return self.limited.held

    @property
    def version(self) -> int:
        """See `Groups`."""
        return self.limited.version

    @property
    def gaps(self) -> tuple[str, ...]:
        """See `Groups`."""
        return self.limited.gaps

    def create(self, name: str, limits: Limits) -> SharedGroup:
        """See `Groups`; the container of that name must be gone."""
        self.remove(name)
        return SharedGroup(self.limited.create(name, limits), self._folders(name))

    def names(self) -> frozenset[str]:
        """What is at the top of any hierarchy, ours or not."""
        return frozenset(each.name for top in self.tops for each in top.iterdir() if each.is_dir())

    def remove(self, name: str) -> None:
        """Remove what a dead grader left of that name; the container must be gone.

        Raises:
            SandboxError: something in it survives being killed.
        """
        SharedGroup(GroupV1({}), self._folders(name)).remove()

    def _folders(self, name: str) -> tuple[Path, ...]:
        return tuple(top / name for top in self.tops)


def shared_groups(engine: Engine) -> SharedGroups | None:
    """Where a group can be made that the engine finds by its name; None: nowhere.

    That is at the top of version 1's hierarchies, for an engine that writes control groups itself:
    systemd wants slices, and in version 2 a folder with controllers may hold no processes.
    """
    found = [mount for mount in mounts(_MOUNTS.read_text()) if mount.root == "/"]
    limited = {
        controller: mount.point
        for mount in found
        for controller in CONTROLLERS
        if mount.version == 1 and controller in mount.options
    }
    if not {"memory", "pids"} <= limited.keys() or not all(map(_writable, limited.values())):
        return None
    said = engine.call("info", "--format", _DRIVER[engine.kind])
    if not said.ok or said.out.strip() != b"cgroupfs":
        return None
    return SharedGroups(GroupsV1(limited), tuple(mount.point for mount in found))


def _writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK)
