"""A sandbox for tests: plays back bytes instead of running anything."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from grader.domain.run import SandboxFacts, Stopped
from grader.errors import SandboxError
from grader.sandbox.interface import Finding, Job, Receive, Refused, RunEnd

_BY_ITSELF = RunEnd(SandboxFacts(sandbox="fake", seconds=0), stopped=None, stderr="")


@dataclass
class FakeSandbox:
    """Implements `Sandbox`: gives the receiver `chunks`, then `ending`.

    Attributes:
        chunks: what the guest writes, or a function of the job that makes it.
        ending: how the run ends, or the error that it raises.
        findings: what `examine` finds.
        jobs: every job that was run, for tests to look at.
    """

    chunks: Iterable[bytes] | Callable[[Job], Iterable[bytes]] = ()
    ending: RunEnd | SandboxError = _BY_ITSELF
    findings: tuple[Finding, ...] = ()
    jobs: list[Job] = field(default_factory=list)
    name: str = "fake"
    closed: bool = False

    def examine(self) -> tuple[Finding, ...]:
        """See `Sandbox`."""
        return self.findings

    def run(self, job: Job, receive: Receive) -> RunEnd:
        """See `Sandbox`; a refusal ends the run as it does in a real one."""
        if self.closed:
            raise SandboxError("closed", "the sandbox was closed")
        self.jobs.append(job)
        try:
            for chunk in self.chunks(job) if callable(self.chunks) else self.chunks:
                receive(chunk)
        except Refused as refused:
            stopped = Stopped(reason=refused.reason, message=str(refused))
            return RunEnd(SandboxFacts(sandbox=self.name, seconds=0), stopped, "")
        if isinstance(self.ending, SandboxError):
            raise self.ending
        return self.ending

    def close(self) -> None:
        """See `Sandbox`."""
        self.closed = True
