"""What protects a run here, and what does not."""

from pathlib import Path

from grader.sandbox.linux.cgroup import Groups
from grader.sandbox.linux.running import Held

_ALWAYS = (
    "user_namespace",
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
    "empty_environment",
)
MANY_FILES = "Nothing limits the number of files that a run makes but the memory that they cost."
_PRLIMIT = Path("/usr/bin/prlimit")


def prlimit() -> Path | None:
    """util-linux's program, by which the sandbox limits its processes where no group can."""
    return _PRLIMIT if _PRLIMIT.exists() else None


def held(groups: Groups | None, *, own_user: bool, files_counted: bool) -> Held:
    """What protects a run.

    Args:
        groups: where its control group is made.
        own_user: it runs as its slot's user, not as ours.
        files_counted: its tmpfs hold a number of files.
    """
    codes, found = _protections(groups, own_user=own_user), _warnings(groups)
    if files_counted:
        return Held((*codes, "bounded_files"), found)
    return Held(codes, (*found, MANY_FILES))


def _protections(groups: Groups | None, *, own_user: bool) -> tuple[str, ...]:
    """Codes of what holds."""
    held = groups.held if groups else frozenset()
    codes = [*_ALWAYS, *(["slot_user"] if own_user else [])]
    codes += [f"cgroup_v{groups.version}_{name}" for name in sorted(held)] if groups else []
    codes += [] if "memory" in held else ["rlimit_data"]
    codes += [] if "pids" in held or prlimit() is None else ["rlimit_nproc"]
    return tuple(codes)


def _warnings(groups: Groups | None) -> tuple[str, ...]:
    """What does not hold, in words for a TA."""
    held = groups.held if groups else frozenset()
    found = list(groups.gaps) if groups else []
    if "memory" not in held:
        found.append(
            "No control group limits memory: only each process by itself is limited, and shared"
            " memory not at all. A notebook can exhaust the machine."
        )
    if "pids" not in held and prlimit() is None:
        found.append("Nothing limits the number of processes.")
    elif "pids" not in held:
        found.append("No control group limits processes: only an rlimit does.")
    if "cpu" not in held:
        found.append("No control group limits CPU time: runs may slow each other down.")
    return tuple(found)
