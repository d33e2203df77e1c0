"""What protects a container, and what does not."""

from grader.sandbox.bubblewrap.held import MANY_FILES
from grader.sandbox.container.image import Image
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


def held(image: Image, *, files_counted: bool) -> Held:
    """What protects a run of that image; `files_counted`: its tmpfs hold a number of files."""
    named = f"{image.name} {image.digest}"
    if not files_counted:
        return Held(PROTECTIONS, (MANY_FILES,), named)
    return Held((*PROTECTIONS, "bounded_files"), image=named)
