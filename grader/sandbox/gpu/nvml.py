"""The driver port over NVIDIA's management library, which needs no CUDA context."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import pynvml

from grader.sandbox.gpu.device import Gpu
from grader.sandbox.gpu.driver import DriverError

T = TypeVar("T")


class Nvml:
    """See `grader.sandbox.gpu.driver.Driver`. Safe to share by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def gpus(self) -> tuple[Gpu, ...]:
        """See `Driver`."""
        try:
            with self._open():
                count = pynvml.nvmlDeviceGetCount()
                handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(count)]
                return tuple(_gpu(handle) for handle in handles)
        except _Absent:
            return ()

    def used(self, gpu: Gpu) -> int:
        """See `Driver`."""
        return self._ask(gpu, lambda handle: int(pynvml.nvmlDeviceGetMemoryInfo(handle).used))

    def processes(self, gpu: Gpu) -> Mapping[int, int]:
        """See `Driver`; a driver that tells no sizes (Windows' model, some containers) says 0."""
        running = self._ask(gpu, pynvml.nvmlDeviceGetComputeRunningProcesses)
        return {int(process.pid): int(process.usedGpuMemory or 0) for process in running}

    def _ask(self, gpu: Gpu, question: Callable[[Any], T]) -> T:
        try:
            with self._open():
                return question(pynvml.nvmlDeviceGetHandleByUUID(gpu.uuid))
        except _Absent as error:
            raise DriverError(str(error)) from error

    @contextmanager
    def _open(self) -> Iterator[None]:
        """The library counts its openings; one at a time, so that a driver reloaded is seen."""
        with self._lock:
            try:
                pynvml.nvmlInit()
            except _ABSENT as error:
                raise _Absent(str(error)) from error
            except pynvml.NVMLError as error:
                raise DriverError(f"the NVIDIA driver does not answer: {error}") from error
            try:
                yield
            except pynvml.NVMLError as error:
                raise DriverError(f"the NVIDIA driver says: {error}") from error
            finally:
                pynvml.nvmlShutdown()


class _Absent(Exception):  # noqa: N818 - not an error: this machine has none
    """There is no NVIDIA driver."""


_ABSENT = (
    pynvml.NVMLError_LibraryNotFound,
    pynvml.NVMLError_DriverNotLoaded,
)


def _gpu(handle: Any) -> Gpu:
    return Gpu(
        uuid=str(pynvml.nvmlDeviceGetUUID(handle)),
        minor=int(pynvml.nvmlDeviceGetMinorNumber(handle)),
        name=str(pynvml.nvmlDeviceGetName(handle)),
        memory_bytes=int(pynvml.nvmlDeviceGetMemoryInfo(handle).total),
        mig=_split(handle),
    )


def _split(handle: Any) -> bool:
    try:
        current, _ = pynvml.nvmlDeviceGetMigMode(handle)
    except pynvml.NVMLError:  # most cards know no MIG
        return False
    return bool(current)
