"""Leases: each run on a GPU holds a share of one, a lock file that all graders of a machine see."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from grader.domain.gpu import GpuNeed
from grader.errors import SandboxError
from grader.sandbox.gpu.device import Gpu, Lease, lease
from grader.sandbox.gpu.driver import Driver, DriverError
from grader.sandbox.gpu.health import Busy, Health

POLL_SECONDS = 0.25
ROOM = 0.9
"""Part of a lease's memory that must be free when the run begins."""


@dataclass(frozen=True)
class Granted:
    """What a run gets.

    Attributes:
        lease: None: the CPU runs it.
        warnings: why, in words for a TA, where a GPU was preferred and there are some.
    """

    lease: Lease | None = None
    warnings: tuple[str, ...] = ()


@dataclass
class Gpus:
    """The GPUs of this machine, shared with every other grader that uses the same folder.

    Attributes:
        folder: of the locks and of what is known of each device's health.
        driver: which GPUs there are.
        health: whether they work.
        shares: how many runs may use one device at once; 0: as if there were none.
        mps: folder of the pipes of a CUDA multi-process server.
    """

    folder: Path
    driver: Driver
    health: Health
    shares: int = 1
    mps: Path | None = None
    _closed: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def hold(self, need: GpuNeed) -> Iterator[Granted]:
        """A lease for as long as the context lasts; waits while all devices are leased to others.

        Raises:
            SandboxError: `required`, and there is none that works; says why. Or closed.
        """
        if need == "none":
            yield Granted()
            return
        with contextlib.ExitStack() as held:
            granted = self._wait(held)
            if need == "required" and granted.lease is None:
                raise SandboxError("no_gpu", "the assignment needs a GPU: " + self._why(granted))
            yield granted

    def close(self) -> None:
        """No run waits any longer: each raises SandboxError("closed")."""
        self._closed.set()

    def _wait(self, held: contextlib.ExitStack) -> Granted:
        """The first free share of a device that works; waits only for those."""
        while True:
            if self._closed.is_set():
                raise SandboxError("closed", "the sandbox was closed")
            busy = False
            reasons: list[str] = []
            for gpu in self._present(reasons):
                lock = self._lock(gpu)
                if lock is None:
                    busy = True
                    continue
                wanted = lease(gpu, self.shares, self.mps)
                reason = self._unfit(wanted)
                if reason is None:
                    held.callback(lock.release)
                    return Granted(wanted)
                lock.release()
                reasons.append(f"{gpu.name} ({gpu.uuid}) {reason}")
            if not busy:
                return Granted(warnings=tuple(reasons))
            self._closed.wait(POLL_SECONDS)

    def _present(self, reasons: list[str]) -> tuple[Gpu, ...]:
        if not self.shares:
            return ()
        try:
            return self.driver.gpus()
        except DriverError as error:
            reasons.append(str(error))
            return ()

    @contextmanager
    def share(self, gpu: Gpu) -> Iterator[bool]:
        """Whether a share of the device is free; it is held as long as the context lasts."""
        lock = self._lock(gpu)
        try:
            yield lock is not None
        finally:
            if lock is not None:
                lock.release()

    def _lock(self, gpu: Gpu) -> FileLock | None:
        """A share of the device, None where all are taken."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for number in range(self.shares):
            lock = FileLock(self.folder / f"{gpu.uuid}-{number}.lock", mode=0o600)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                continue
            return lock
        return None

    def _unfit(self, wanted: Lease) -> str | None:
        """Why the run cannot have it although no grader holds it."""
        if wanted.gpu.mig:
            return "is split into MIG instances, which are not handed out: turn MIG off"
        if self.health.known(wanted.gpu) is None and (taken := self._taken(wanted)):
            return taken  # before it is tested, which takes memory
        try:
            broken = self.health.verdict(wanted.gpu)
        except Busy as busy:
            return str(busy)
        return None if broken is None else f"is out of service: {broken}"

    def _taken(self, wanted: Lease) -> str | None:
        try:
            free = wanted.gpu.memory_bytes - self.driver.used(wanted.gpu)
        except DriverError as error:
            return str(error)
        if free < ROOM * wanted.memory_bytes:
            return f"has {free >> 20} MiB free: others than the grader use it"
        return None

    def _why(self, granted: Granted) -> str:
        if granted.warnings:
            return "; ".join(granted.warnings)
        if not self.shares:
            return "none may be used here (GRADER_GPU_SHARES is 0)"
        return "this machine has none, or no NVIDIA driver (nvidia-smi)"
