"""How a run went: its cells and its end as the guest tells them, and what was measured outside."""

from typing import Annotated, Literal

from pydantic import Field

from grader.domain.base import Count, Frozen, Short, Text, Whole
from grader.domain.gpu import GpuFacts


class CellError(Frozen):
    """How a cell failed."""

    name: Short
    message: Text
    traceback: Text
    """Plain text, terminal colours removed."""


class CellRun(Frozen):
    """How one code cell went."""

    index: Whole
    status: Literal["ok", "error", "timed_out", "killed", "not_run"]
    """timed_out: interrupted by a limit; killed: the kernel died in it."""
    seconds: Annotated[float, Field(ge=0)] = 0
    error: CellError | None = None
    output: str = ""
    """What it printed (both streams), cut with a visible mark."""
    truncated: bool = False


class Environment(Frozen):
    """What the run was made with."""

    python: Short = ""
    libraries: Annotated[dict[Short, Short], Field(max_length=64)] = {}
    """Name to version."""
    device: Short = "cpu"
    threads: Count = 0


class Stopped(Frozen):
    """How the run as a whole ended; see `grader.sandbox` for who decides it."""

    reason: Literal[
        "finished",
        "wall_time",
        "memory",
        "kernel_died",
        "output",
        "processes",
        "evidence_too_large",
        "evidence_broken",
        "killed",
    ]
    """Every one of these is the student's; what is ours is a `SandboxError`."""
    cell: Whole | None = None
    message: str = ""


class SecondRun(Frozen):
    """The notebook was run once more, up to a training, to repeat that with another seed."""

    models: Annotated[tuple[Short, ...], Field(max_length=64)]
    """Probe ids of the models that were to be trained once more."""
    seconds: Annotated[float, Field(ge=0)]
    """Wall time, measured from outside."""
    stopped: Stopped


class SandboxFacts(Frozen):
    """What the sandbox measured from outside: true whatever the notebook claims."""

    sandbox: str
    """Backend, such as ``bubblewrap``."""
    image: str | None = None
    """Name and digest of the container's image; None where none was used."""
    seconds: float
    """Wall time of the whole run."""
    cpu_seconds: Annotated[float, Field(ge=0)] | None = None
    """CPU time of all its processes together; None where no cgroup could measure it."""
    peak_memory_bytes: Count | None = None
    """None where no cgroup could measure it."""
    oom_kills: Count = 0
    """Processes that the kernel killed at the memory limit; the guest may have outlived them."""
    forks_denied: Count = 0
    """Times that the limit of processes denied a new process or thread."""
    gpu: GpuFacts | None = None
    """None: the CPU ran it."""
    protections: tuple[str, ...] = ()
    """Codes of what held: ``seccomp``, ``cgroup_v1_memory``, ``network_namespace`` ..."""
    warnings: tuple[str, ...] = ()
    """What did not hold here, in words for a TA."""
