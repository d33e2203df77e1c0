"""What lies where inside: which folders of the host are seen, and which of them are masked."""

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox.interface import Job

HOME = Path("/home/student")
JOB = Path("/job")
DATA = Path("/data")
SYSTEM = Path("/usr")
OURS = ("grader", "reference", "tasks")
"""Packages that hold expected values or judgements: never readable inside."""
_FOR_ALL = 0o005
"""Mode bits of a folder that every user may list and enter."""
_TAKEN = (JOB, DATA, Path("/proc"), Path("/dev"), Path("/etc"))


BYTES_PER_INODE = 4096
"""A tmpfs of N bytes may hold N / 4096 files: what ext4 gives by default is one for 16 KiB."""


def bounds(tmp_bytes: int) -> str:
    """A tmpfs's options: its size, and how many files and folders it may hold."""
    return f"size={tmp_bytes},nr_inodes={max(64, tmp_bytes // BYTES_PER_INODE)}"


TERMINALS = "newinstance,ptmxmode=0666,mode=0620,max=64"
"""A devpts's options. The kernel counts pseudo-terminals for the whole machine (``pty.max``), and
``!command`` takes one: without a number a run could leave none to others."""


@dataclass(frozen=True)
class Bind:
    """A file or folder of the host, seen read-only at `target`."""

    source: Path
    target: Path


@dataclass(frozen=True)
class Interpreter:
    """The Python environment that runs inside, at the same paths as outside.

    Attributes:
        prefix: `sys.prefix`, the environment's folder.
        base: `sys.base_prefix`, the installation that it was made from.
    """

    prefix: Path
    base: Path

    def __post_init__(self) -> None:
        for folder in (self.prefix, self.base):
            for taken in _TAKEN:
                if folder.is_relative_to(taken):
                    raise SandboxError(
                        "prefix_hidden",
                        f"the Python environment {folder} lies below {taken}, which means something"
                        " else inside the sandbox: move it elsewhere",
                    )

    @property
    def python(self) -> Path:
        """The executable, by the path that makes it find its environment."""
        return self.prefix / "bin" / "python"

    @property
    def binds(self) -> tuple[Bind, ...]:
        """What must be seen besides `SYSTEM`; the base also by the path that links lead to."""
        real = self.python.resolve().parent.parent
        folders = dict.fromkeys((real, self.base, self.prefix))
        return tuple(Bind(f, f) for f in folders if not f.is_relative_to(SYSTEM))


def installed(interpreter: Interpreter) -> tuple[Path, ...]:
    """Folders of our packages within what the interpreter's environment shows."""
    roots = {interpreter.prefix, interpreter.base}
    patterns = (
        "lib/python3*/site-packages",
        "lib/python3*/dist-packages",
        "lib/python3/dist-packages",
    )
    homes = {home for root in roots for pattern in patterns for home in root.glob(pattern)}
    homes |= set(SYSTEM.glob("local/lib/python3*/dist-packages"))
    return tuple(sorted(home / name for home in homes for name in OURS if (home / name).is_dir()))


def checkouts(interpreter: Interpreter) -> tuple[Path, ...]:
    """Source trees of our packages that a bind would show, such as one in ``/usr/src/app``."""
    shown = (SYSTEM, *(bind.source for bind in interpreter.binds))
    trees = {folder.parent for name in OURS for folder in _locations(name)}
    return tuple(
        sorted(
            tree
            for tree in trees
            if tree.name not in {"site-packages", "dist-packages"}
            and any(tree.is_relative_to(root) for root in shown)
        )
    )


def _locations(package: str) -> Iterable[Path]:
    spec = importlib.util.find_spec(package)  # finds a top-level package without importing it
    return [Path(place) for place in (spec and spec.submodule_search_locations) or ()]


def mask(folder: Path) -> Path:
    """Make what is shown in place of our packages: a package that cannot be imported.

    An empty folder would not do: Python imports it as a namespace package.
    """
    folder.mkdir(parents=True, exist_ok=True)
    package = folder / "__init__.py"
    package.write_text("raise ModuleNotFoundError('not in this sandbox')\n")
    folder.chmod(0o755)  # whatever our umask is: a slot's user reads it
    package.chmod(0o644)
    return folder


def for_all(folder: Path) -> bool:
    """Every user may list and enter the folder itself; where it lies does not matter."""
    return folder.stat().st_mode & _FOR_ALL == _FOR_ALL


def job_binds(job: Job, *, other_user: bool) -> tuple[Bind, ...]:
    """The job's folders; `other_user`: the guest runs as somebody else than we.

    Raises:
        SandboxError: one of them is missing, or the guest could not read it.
    """
    wanted = [Bind(job.folder, JOB), *([Bind(job.data, DATA)] if job.data else [])]
    for bind in wanted:
        if not bind.source.is_dir():
            raise SandboxError(
                "source_missing", f"{bind.source}, to be {bind.target}, is no folder"
            )
        if other_user and not for_all(bind.source):
            raise SandboxError(
                "source_unreadable",
                f"{bind.source}, to be {bind.target}, is not readable by every user (chmod a+rX)",
            )
    return tuple(Bind(bind.source.resolve(), bind.target) for bind in wanted)
