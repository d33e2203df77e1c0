"""GPUs that tests pretend to have."""

from pathlib import Path

from grader.sandbox.gpu.device import Gpu
from grader.sandbox.gpu.driver import FakeDriver
from grader.sandbox.gpu.health import Busy, Health
from grader.sandbox.gpu.leases import Gpus

GIB = 1024**3
FIRST = Gpu("GPU-1111", minor=0, name="NVIDIA A16", memory_bytes=16 * GIB)
SECOND = Gpu("GPU-2222", minor=3, name="NVIDIA A16", memory_bytes=16 * GIB)


class Results:
    """A self-test with known results; counts how often it was asked.

    ``busy`` is what it says instead where it is set: others hold the memory.
    """

    def __init__(self, busy: str = "", **broken: str | None) -> None:
        self.busy, self.broken, self.asked = busy, broken, 0

    def __call__(self, gpu: Gpu) -> str | None:
        self.asked += 1
        if self.busy:
            raise Busy(self.busy)
        return self.broken.get(gpu.uuid.replace("-", "_"))


def gpus(folder: Path, driver: FakeDriver, *, shares: int = 1, test: Results | None = None) -> Gpus:
    """Leases over a pretended driver, with real lock files."""
    return Gpus(folder, driver, Health(folder, test or Results()), shares)
