"""A job -> the arguments of ``docker create`` or ``podman create``. Pure.

What is taken away, one line each below: the network, a writable root, every capability, new
privileges, most system calls, root's user id, the host's IPC, swap, and any number of processes,
CPUs, files, bytes and inodes. The engine's own logs are off: they would grow outside our caps.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.domain.limits import Limits
from grader.sandbox.container.engine import Kind, counted
from grader.sandbox.linux.layout import HOME, Bind, most_files

LABEL = "grader.runtime"
"""Containers carry whose they are, so that a later grader can sweep up what a dead one left."""
SCRATCH, SHARED = "/tmp", "/dev/shm"  # noqa: S108 - mount points inside, not our files
KILLED = 9
"""What the container's exit code says where the guest was ended by SIGKILL."""
BROKEN_DOWN = 2
"""The container's exit code where gVisor itself broke down; the guest's own 2 becomes 1."""
_SHELL = (
    'umask 077; "$@" & exec >/dev/null; wait "$!"; '
    'code=$(($? & 127)); [ "$code" != 2 ] || code=1; exit "$code"'
)
"""The shell stays the container's first process: it reaps orphans, which Python would not. It lets
go of the result pipe, which a notebook could else open through it. Its exit code is the guest's, or
the number of the signal that ended it; so 137 says that it was itself killed, which the kernel lets
nobody inside do. A notebook that writes into the shell's memory could make it say so: its run is
then not graded, and it has gained nothing."""


@dataclass(frozen=True)
class Box:
    """One container.

    Attributes:
        name: unique on the machine while it lives.
        label: of the graders that share a runtime folder; see `LABEL`.
        user: user and group id inside, which without user namespaces is the host's too.
        image: name of the image.
        profile: file with the system call filter.
        parent: control group above the container's own; None: the engine's choice.
        runtime: OCI runtime; None: the engine's choice.
        cpus: CPUs of the machine: an engine refuses to give more.
    """

    name: str
    label: str
    user: int
    image: str
    profile: Path
    parent: str | None
    runtime: str | None
    cpus: int


def create(  # noqa: PLR0917 - what one container is made of
    kind: Kind,
    box: Box,
    limits: Limits,
    binds: Iterable[Bind],
    variables: Mapping[str, str],
    program: Iterable[str],
    devices: Iterable[str] = (),
) -> tuple[str, ...]:
    """The words after ``docker``; `program` is what runs inside, `devices` are words for a GPU."""
    return (
        *("create", "--pull", "never", "--name", box.name, "--label", f"{LABEL}={box.label}"),
        *(() if box.runtime is None or kind == "podman" else ("--runtime", box.runtime)),
        *(() if box.parent is None else _grouped(kind, box.parent)),
        *("--network", "none", "--hostname", "sandbox", "--read-only", "--ipc", "private"),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        *("--security-opt", f"seccomp={box.profile}", "--user", f"{box.user}:{box.user}"),
        *("--log-driver", "none", "--workdir", str(HOME)),
        *_bounds(kind, box, limits),
        *_writable(kind, box, limits),
        *devices,
        *(word for bind in binds for word in ("--volume", f"{bind.source}:{bind.target}:ro")),
        *(word for item in variables.items() for word in ("--env", "=".join(item))),
        *("--entrypoint", "/bin/sh", box.image, "-c", _SHELL, "sh", *program),
    )


def _grouped(kind: Kind, parent: str) -> list[str]:
    """Below our group, without podman's own helper in it.

    A run that fills the memory could have that killed, and its end would look like our fault.
    """
    return ["--cgroup-parent", parent, *(["--cgroups", "no-conmon"] if kind == "podman" else [])]


def _bounds(kind: Kind, box: Box, limits: Limits) -> list[str]:
    memory = str(limits.memory_bytes)
    words = ["--memory", memory, "--memory-swap", memory]
    words += ["--cpus", str(min(limits.threads, box.cpus)), "--shm-size", str(limits.tmp_bytes)]
    words += ["--pids-limit", str(counted(box.runtime, limits.processes))]
    ulimits = {"core": 1, "nofile": 1024, "memlock": 8 << 20, "msgqueue": 0, "sigpending": 1024}
    if kind == "podman":  # else it raises them to its own, which needs a capability
        ulimits["nproc"] = 1024
    words += [w for name, n in ulimits.items() for w in ("--ulimit", f"{name}={n}:{n}")]
    return words


def _writable(kind: Kind, box: Box, limits: Limits) -> list[str]:
    size = f"rw,nosuid,nodev,exec,size={limits.tmp_bytes}"
    files = f"nr_inodes={most_files(limits.tmp_bytes)}"
    if kind == "docker":
        own = f"uid={box.user},gid={box.user},mode=0700"
        return [
            "--tmpfs",
            f"{SCRATCH}:{size},{files},mode=1777",
            "--tmpfs",
            f"{HOME}:{size},{files},{own}",
        ]
    # podman gives a tmpfs no owner, and none of the further writable ones unless told.
    return [
        "--tmpfs",
        f"{SCRATCH}:{size},mode=1777",
        "--tmpfs",
        f"{HOME}:{size},mode=1777",
        "--read-only-tmpfs=false",
    ]
