"""A sandbox around another one: takes a GPU for a run, and looks after it when the run is over."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from grader.domain.gpu import GpuFacts
from grader.errors import SandboxError
from grader.sandbox.gpu.device import MIB, Lease
from grader.sandbox.gpu.driver import DriverError
from grader.sandbox.gpu.health import Busy
from grader.sandbox.gpu.leases import Gpus, Granted
from grader.sandbox.gpu.watch import Watched, owner
from grader.sandbox.interface import Finding, Job, Receive, RunEnd, Sandbox

SIGNS = (
    b"CUDA error",
    b"CUDA driver",
    b"CUDA-capable device",
    b"CUDA GPUs are available",
    b"cuDNN error",
    b"CUBLAS_STATUS",
    b"NVML",
)
"""What torch's messages hold when a device fails, and when student code misuses one: which of both
it was, the self-test tells. So printing these words costs the grader a test and earns nothing."""
SLACK_BYTES = 64 * MIB
"""What a driver may keep of a run that is over."""
PATIENCE_SECONDS = 10.0
"""How long the driver may take to give a dead process's memory back."""


@dataclass
class Signs:
    """Looks for `SIGNS` in a stream that comes in pieces."""

    seen: bool = False
    _tail: bytes = field(default=b"", repr=False)

    def feed(self, chunk: bytes) -> None:
        """The next piece."""
        if not self.seen:
            text = self._tail + chunk
            self.seen = any(sign in text for sign in SIGNS)
            self._tail = text[-max(map(len, SIGNS)) :]


@dataclass(frozen=True)
class _Taken:
    """How much of a device is taken: by all, and by processes that are seen to be alive."""

    all: int
    alive: int


class Leasing:
    """Runs jobs in `inner`, with a lease of a GPU where a job asks for one; see `Sandbox`."""

    def __init__(self, inner: Sandbox, gpus: Gpus) -> None:
        """Prepare.

        Args:
            inner: the backend, which shows the job's lease.
            gpus: whose GPUs.
        """
        self.name, self.inner, self.gpus = inner.name, inner, gpus

    def examine(self) -> tuple[Finding, ...]:
        """See `Sandbox`."""
        return self.inner.examine()

    def close(self) -> None:
        """See `Sandbox`."""
        self.gpus.close()
        self.inner.close()

    def run(self, job: Job, receive: Receive) -> RunEnd:
        """See `Sandbox`; waiting for a device is not part of the run.

        Raises:
            SandboxError: as `inner`; ``no_gpu``; or ``gpu_failed``, where the device is found
                broken after a run that spoke of it.
        """
        with self.gpus.hold(job.gpu) as granted:
            if granted.lease is None:
                return _told(self.inner.run(job, receive), granted)
            return self._run(job, receive, granted.lease)

    def _run(self, job: Job, receive: Receive, lease: Lease) -> RunEnd:
        before = self._taken(lease)
        watched = Watched(lease, self.gpus.driver, before.all if before else None)
        signs = Signs()
        try:
            end = self.inner.run(replace(job, leased=watched), _both(signs.feed, receive))
        finally:
            self._see_returned(lease, before)
        signs.feed(end.stderr.encode())
        if signs.seen:
            self._see_works(lease)
        return _told(end, Granted(lease), watched.peak)

    def _taken(self, lease: Lease) -> _Taken | None:
        """None: the driver does not answer."""
        driver, listed = self.gpus.driver, dict[int, int]()
        try:
            with suppress(DriverError):  # not every driver lists them
                listed.update(driver.processes(lease.gpu))
            alive = sum(held for process, held in listed.items() if owner(process) is not None)
            return _Taken(driver.used(lease.gpu), alive)
        except DriverError:
            return None

    def _see_returned(self, lease: Lease, before: _Taken | None) -> None:
        """Take a device that keeps a dead run's memory out of service.

        Only where it was this run's alone, and where it is known what others held before: else
        nobody can say whose memory it is.
        """
        if lease.shares > 1 or before is None:
            return
        deadline = time.monotonic() + PATIENCE_SECONDS
        left = self._left(lease, before)
        while left > SLACK_BYTES and time.monotonic() < deadline:
            time.sleep(0.1)
            left = self._left(lease, before)
        if left > SLACK_BYTES:
            self.gpus.health.condemn(
                lease.gpu, f"{left // MIB} MiB were not given back after a run had ended"
            )

    def _left(self, lease: Lease, before: _Taken) -> int:
        """What is taken since, but for what others hold who came meanwhile: the run is dead."""
        now = self._taken(lease)
        return 0 if now is None else now.all - before.all - max(0, now.alive - before.alive)

    def _see_works(self, lease: Lease) -> None:
        gpu = lease.gpu
        try:
            broken = self.gpus.health.again(gpu)
        except Busy as busy:
            raise SandboxError(
                "gpu_failed",
                f"{gpu.name} ({gpu.uuid}): whether it failed during the run cannot be told: it"
                f" {busy}. Grade the notebook again",
            ) from busy
        if broken is not None:
            raise SandboxError(
                "gpu_failed",
                f"{gpu.name} ({gpu.uuid}) failed during the run: {broken}. It is out of service;"
                " grade the notebook again",
            )


def _both(first: Callable[[bytes], None], then: Receive) -> Receive:
    def receive(chunk: bytes) -> None:
        first(chunk)
        then(chunk)

    return receive


def _told(end: RunEnd, granted: Granted, peak: int | None = None) -> RunEnd:
    """The end with what is known of the GPU."""
    facts = end.facts.model_copy(
        update={
            "gpu": granted.lease and _facts(granted.lease, peak),
            "warnings": end.facts.warnings + granted.warnings,
        }
    )
    return replace(end, facts=facts)


def _facts(lease: Lease, peak: int | None) -> GpuFacts:
    gpu = lease.gpu
    return GpuFacts(
        uuid=gpu.uuid,
        name=gpu.name,
        memory_bytes=gpu.memory_bytes,
        share=1 / lease.shares,
        peak_memory_bytes=peak,
    )
