"""The sandbox port: run a job folder, hand out its bytes, say how it ended."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from grader.domain.base import Frozen
from grader.domain.gpu import GpuNeed
from grader.domain.limits import Limits
from grader.domain.run import SandboxFacts, Stopped
from grader.sandbox.gpu.device import Lease
from grader.sandbox.gpu.watch import Watched

Receive = Callable[[bytes], None]
"""Gets the bytes of the result pipe as they come. Raising `Refused` kills the run."""


class Refused(Exception):  # noqa: N818 - it is a verdict on the stream, not our error
    """The receiver wants no more of this stream: it broke the format or its caps.

    Attributes:
        reason: what the run's `Stopped` will say.
    """

    def __init__(
        self,
        message: str = "",
        reason: Literal["evidence_too_large", "evidence_broken"] = "evidence_too_large",
    ) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Job:
    """What to run.

    Attributes:
        folder: mounted read-only at ``/job``: job.json, inputs.safetensors, files/, guest/.
        data: folder mounted read-only at ``/data``, or None.
        limits: what it may use; `threads` already resolved to a positive number.
        gpu: whether it wants one.
        leased: the share of a GPU that it got; see `grader.sandbox.gpu`.
    """

    folder: Path
    data: Path | None
    limits: Limits
    gpu: GpuNeed = "none"
    leased: Watched | None = None

    @property
    def lease(self) -> Lease | None:
        """What a backend shows of a GPU; None: nothing."""
        return self.leased.lease if self.leased else None

    def look(self, user: int | None) -> Stopped | None:
        """Why the run must end now; a backend asks now and then. `user`: the run's on the host."""
        return self.leased.look(user) if self.leased else None


@dataclass(frozen=True)
class RunEnd:
    """How a run ended, measured from outside.

    Attributes:
        facts: what the sandbox measured.
        stopped: None where the guest ended by itself (its ``end`` record then says how); else the
            limit that ended it. Ours is never here: that is a `SandboxError`.
        stderr: the last bytes of the guest's standard error, for our own diagnosis only.
    """

    facts: SandboxFacts
    stopped: Stopped | None
    stderr: str


class Finding(Frozen):
    """One thing that `grader doctor` found."""

    name: str
    """Such as ``user namespaces``."""
    ok: bool
    found: str
    fix: str = ""
    """What to do, where it is not ok."""
    required: bool = True
    """False: the sandbox works without it, less well."""


class Sandbox(Protocol):
    """Runs untrusted jobs."""

    name: str

    def examine(self) -> tuple[Finding, ...]:
        """What this machine lacks or has for this backend. Never raises."""

    def run(self, job: Job, receive: Receive) -> RunEnd:
        """Run the job to its end and kill everything that it started.

        Raises:
            SandboxError: our fault; the run says nothing about the student.
        """

    def close(self) -> None:
        """End all runs, from any thread, and begin no other: each raises SandboxError("closed")."""
