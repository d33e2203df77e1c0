"""A job -> the arguments of ``docker create`` or ``podman create``. Pure.

What is taken away, one line each below: the network, a writable root, every capability, new
privileges, most system calls, root's user id, the host's IPC, swap, and any number of processes,
CPUs, files, bytes and inodes. The engine's own logs are off: they would grow outside our caps.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.domain.limits import Limits
from grader.sandbox.bubblewrap.command import SHARED_MEMORY, WRITABLE, Writable
from grader.sandbox.container.engine import Kind, counted
from grader.sandbox.linux.layout import HOME, Bind, bounds

LABEL, MACHINE, BOOT = "grader.runtime", "grader.machine", "grader.boot"
"""Containers carry whose they are, so that a later grader can sweep up what a dead one left; and on
which machine they were made, in which boot of it: after another one nobody holds their slot, and
the runtime folder may be a new one."""
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
        labels: name -> value; see `LABEL`.
        user: user and group id inside, which without user namespaces is the host's too.
        image: name of the image.
        profile: file with the system call filter.
        parent: control group above the container's own; None: the engine's choice.
        runtime: OCI runtime; None: the engine's choice.
        cpus: CPUs of the machine: an engine refuses to give more.
        mounts: folder in which we mounted what is written, by the names of `WRITABLE`; None: the
            engine mounts it.
    """

    name: str
    labels: Mapping[str, str]
    user: int
    image: str
    profile: Path
    parent: str | None
    runtime: str | None
    cpus: int
    mounts: Path | None = None


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
        *("create", "--pull", "never", "--name", box.name),
        *(word for label in box.labels.items() for word in ("--label", "=".join(label))),
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
    words += ["--cpus", str(min(limits.threads, box.cpus))]
    words += ["--pids-limit", str(counted(box.runtime, limits.processes))]
    ulimits = {"core": 1, "nofile": 1024, "memlock": 8 << 20, "msgqueue": 0, "sigpending": 1024}
    if kind == "podman":  # else it raises them to its own, which needs a capability
        ulimits["nproc"] = 1024
    words += [w for name, n in ulimits.items() for w in ("--ulimit", f"{name}={n}:{n}")]
    return words


def _writable(kind: Kind, box: Box, limits: Limits) -> list[str]:
    """What is written; podman gives further such places unless told, and a tmpfs no owner."""
    if kind == "docker":
        return [word for place in WRITABLE for word in ("--tmpfs", _tmpfs(place, box, limits))]
    if box.mounts is not None:
        # U: podman makes it the user's, also where it was set to give containers other users.
        volumes = [f"{box.mounts / p.name}:{p.target}:{_flags(p)},U" for p in WRITABLE]
        return [*(w for volume in volumes for w in ("--volume", volume)), "--read-only-tmpfs=false"]
    size, found = str(limits.tmp_bytes), ["--read-only-tmpfs=false", "--shm-size"]
    places = [f"{p.target}:{_flags(p)},size={size},mode=1777" for p in WRITABLE if not _shared(p)]
    return [*found, size, *(word for place in places for word in ("--tmpfs", place))]


def _tmpfs(place: Writable, box: Box, limits: Limits) -> str:
    own = "" if place.mode == "1777" else f",uid={box.user},gid={box.user}"
    return f"{place.target}:{_flags(place)},{bounds(limits.tmp_bytes)},mode={place.mode}{own}"


def _shared(place: Writable) -> bool:
    return place.target == SHARED_MEMORY


def _flags(place: Writable) -> str:
    return f"rw,nosuid,nodev,{'noexec' if _shared(place) else 'exec'}"
