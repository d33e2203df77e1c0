"""What protects a container, and what does not."""

from grader.sandbox.bubblewrap.held import MANY_FILES
from grader.sandbox.container.image import Image
from grader.sandbox.linux.cgroup import Groups
from grader.sandbox.linux.running import Held

PROTECTIONS = (
    "pid_namespace",
    "network_namespace",
    "ipc_namespace",
    "mount_namespace",
    "uts_namespace",
    "no_capabilities",
    "no_new_privileges",
    "seccomp",
    "read_only_system",
    "bounded_tmpfs",
    "own_environment",
    "slot_user",
    "engine_memory",
    "engine_pids",
    "engine_cpu",
)
"""Codes of what holds for each of them."""


def held(image: Image, groups: Groups | None, *, files_counted: bool) -> Held:
    """What protects a run.

    Args:
        image: its image.
        groups: where our group above the container's is made.
        files_counted: its tmpfs hold a number of files.
    """
    named, gaps = f"{image.name} {image.digest}", groups.gaps if groups else ()
    if not files_counted:
        return Held(PROTECTIONS, (*gaps, MANY_FILES), named)
    return Held((*PROTECTIONS, "bounded_files"), gaps, named)
