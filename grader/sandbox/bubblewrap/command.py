"""A job -> bubblewrap's arguments. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.domain.limits import Limits
from grader.sandbox.gpu import device as gpu
from grader.sandbox.gpu.device import Lease
from grader.sandbox.linux.layout import HOME, JOB, SYSTEM, Bind

USER_ID = 1000
SHARED_MEMORY, SCRATCH = "/dev/shm", "/tmp"  # noqa: S108 - mount points inside, not our files
FIRST = "/proc/1"


@dataclass(frozen=True)
class Writable:
    """A folder that the run may write.

    Attributes:
        name: of the tmpfs that the launcher mounted for it, where it does.
        target: where it is seen.
        mode: octal.
    """

    name: str
    target: str
    mode: str


WRITABLE = (
    Writable("scratch-shm", SHARED_MEMORY, "1777"),
    Writable("scratch-tmp", SCRATCH, "1777"),
    Writable("scratch-home", str(HOME), "0700"),
)
STAGED_TERMINALS = "terminals"
"""Name of the devpts that the launcher mounts beside them."""
PASSWD = f"student:x:{USER_ID}:{USER_ID}::{HOME}:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"
GROUP = f"student:x:{USER_ID}:\nnogroup:x:65534:\n"


@dataclass(frozen=True)
class Files:
    """Descriptors that bubblewrap reads or writes itself and closes before the guest starts."""

    seccomp: int
    passwd: int
    group: int
    status: int

    @property
    def descriptors(self) -> tuple[int, ...]:
        """All of them."""
        return (self.seccomp, self.passwd, self.group, self.status)


@dataclass(frozen=True)
class View:
    """What the guest sees of the host.

    Attributes:
        environment: binds that make up the Python environment.
        emptied: folders of those that are shown empty (source trees of ours).
        masked: folders of those in whose place `mask` is shown (packages of ours).
        mask: the folder to show.
        job: binds of the job.
    """

    environment: tuple[Bind, ...]
    emptied: tuple[Path, ...]
    masked: tuple[Path, ...]
    mask: Path
    job: tuple[Bind, ...]

    @property
    def sources(self) -> tuple[Path, ...]:
        """Every path of the host that bubblewrap must reach, besides the system's."""
        binds = [bind.source for bind in (*self.environment, *self.job)]
        return tuple(dict.fromkeys([*binds, self.mask]))

    def moved(self, where: Mapping[Path, Path]) -> "View":
        """The same view, its sources found elsewhere."""
        return View(
            tuple(Bind(where[bind.source], bind.target) for bind in self.environment),
            self.emptied,
            self.masked,
            where[self.mask],
            tuple(Bind(where[bind.source], bind.target) for bind in self.job),
        )


_NAMESPACES = (
    *("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
    *("--unshare-cgroup-try", "--uid", str(USER_ID), "--gid", str(USER_ID)),
    *("--hostname", "sandbox", "--die-with-parent", "--new-session", "--clearenv"),
    *("--cap-drop", "ALL", "--disable-userns"),
)
_SYSTEM = (
    *("--ro-bind", str(SYSTEM), str(SYSTEM), "--symlink", "usr/lib", "/lib"),
    *("--symlink", "usr/lib64", "/lib64", "--symlink", "usr/bin", "/bin"),
    *("--symlink", "usr/sbin", "/sbin", "--perms", "0755", "--dir", "/etc"),
    *("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"),
    *("--ro-bind-try", "/etc/fonts", "/etc/fonts"),
    *("--ro-bind-try", "/etc/alternatives", "/etc/alternatives"),
)


def _writable(size: int, stage: Path | None, devices: Iterable[str]) -> list[str]:
    def made(place: Writable) -> list[str]:
        if stage is not None:
            return ["--bind", str(stage / place.name), place.target]
        return ["--size", str(size), "--perms", place.mode, "--tmpfs", place.target]

    shared, *others = WRITABLE
    own = () if stage is None else ("--dev-bind", str(stage / STAGED_TERMINALS), "/dev/pts")
    return [
        # Whose namespaces they are owns their sysctls as well, such as the sizes of queues.
        *("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"),
        # The first process, which is bubblewrap, holds the result pipe: nobody sees into it.
        *("--size", "4096", "--perms", "0555", "--tmpfs", FIRST, "--remount-ro", FIRST),
        *("--dev", "/dev", *own, *made(shared), *devices, "--remount-ro", "/dev"),
        *(word for place in others for word in made(place)),
    ]


def _binds(binds: Iterable[Bind]) -> list[str]:
    return [part for b in binds for part in ("--ro-bind", str(b.source), str(b.target))]


def _view(view: View) -> list[str]:
    """Source trees are emptied before the environment is bound, since it may lie inside one."""
    empty = [part for folder in view.emptied for part in ("--tmpfs", str(folder))]
    inside = [bind for bind in view.environment if _within(bind.target, view.emptied)]
    first = [bind for bind in view.environment if bind not in inside]
    closed = [part for folder in view.emptied for part in ("--remount-ro", str(folder))]
    masks = [Bind(view.mask, folder) for folder in view.masked]
    return [*_binds(first), *empty, *_binds(inside), *closed, *_binds(masks), *_binds(view.job)]


def _within(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def environment(prefix: Path, threads: int, lease: Lease | None = None) -> dict[str, str]:
    """The guest's environment, built from nothing; MPLBACKEND would suppress inline images.

    OpenMP threads spin for some microseconds before they sleep. 100 batches through the CNN with
    two threads took, on idle CPUs and beside two busy loops: 2.2 and 5.6 to 24 s as libgomp comes,
    2.0 and 4.2 s where they sleep at once (OMP_WAIT_POLICY=passive), 1.7 and 4.4 s with this count.

    glibc keeps what a training frees, up to 128 MiB; else it gives large blocks back and fetches
    them anew in each step: 235 batches through the CNN, one thread each in two processes at once,
    took 8.6 s and 1.6 million page faults as it comes, and 5.6 s and 0.16 million so.
    """
    counts = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    return {
        "HOME": str(HOME),
        "PATH": f"{prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        **dict.fromkeys(counts, str(threads)),
        "GOMP_SPINCOUNT": "2000",
        "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
        "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": f"{HOME}/.config/matplotlib",
        "IPYTHONDIR": f"{HOME}/.ipython",
        "JUPYTER_CONFIG_DIR": f"{HOME}/.jupyter",
        "JUPYTER_DATA_DIR": f"{HOME}/.local/share/jupyter",
        "JUPYTER_RUNTIME_DIR": f"{HOME}/.local/share/jupyter/runtime",
        **gpu.variables(lease),
    }


def command(
    bwrap: Path,
    *,
    view: View,
    variables: Mapping[str, str],
    limits: Limits,
    files: Files,
    program: Iterable[str],
    stage: Path | None = None,
    lease: Lease | None = None,
    devices: Iterable[Path] = (),
) -> tuple[str, ...]:
    """The argument vector; `program` is what runs inside, `devices` are the files of a GPU.

    `stage`: where each of `WRITABLE` was mounted; None: bubblewrap mounts them, with a size but no
    number of files.
    """
    setenv = [part for item in variables.items() for part in ("--setenv", *item)]
    return (
        str(bwrap),
        *_NAMESPACES,
        *_SYSTEM,
        *("--perms", "0644", "--file", str(files.passwd), "/etc/passwd"),
        *("--perms", "0644", "--file", str(files.group), "/etc/group"),
        *_writable(limits.tmp_bytes, stage, gpu.bubblewrap_nodes(devices)),
        *gpu.bubblewrap_pipes(lease),
        *_view(view),
        *("--remount-ro", "/", *setenv, "--seccomp", str(files.seccomp)),
        *("--json-status-fd", str(files.status), "--chdir", str(HOME), "--", *program),
    )


def guest(python: Path, processes: int | None, prlimit: Path | None) -> tuple[str, ...]:
    """What runs inside. `processes`: a limit for where no cgroup counts them.

    That limit is set inside: the user namespace counts for itself, while outside it every other
    process of the user would count.
    """
    start = (str(python), "-I", "-B", str(JOB / "guest"))
    if processes is None or prlimit is None:
        return start
    return (str(prlimit), f"--nproc={processes}:{processes}", *start)
