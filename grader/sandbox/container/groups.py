"""Control groups of ours above those of containers."""

import os
from dataclasses import dataclass
from pathlib import Path

from grader.domain.limits import Limits
from grader.sandbox.container.engine import Engine
from grader.sandbox.linux.cgroup import Group, mounts
from grader.sandbox.linux.cgroup_files import remove_folder
from grader.sandbox.linux.cgroup_v1 import CONTROLLERS, GroupsV1

_MOUNTS = Path("/proc/self/mountinfo")
_DRIVER = {"docker": "{{.CgroupDriver}}", "podman": "{{.Host.CgroupManager}}"}


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

    def create(self, name: str, limits: Limits) -> Group:
        """A group with the limits. Raises SandboxError where the kernel refuses."""
        self.clear(name)
        return self.limited.create(name, limits)

    def clear(self, name: str) -> None:
        """Remove what is left of a group, with what the engine made in it.

        Raises:
            SandboxError: something still runs in it.
        """
        for top in self.tops:
            for folder, _, _ in os.walk(top / name, topdown=False):
                remove_folder(Path(folder))


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
