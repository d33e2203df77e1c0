"""How many notebooks a worker grades at once where nobody says."""

import os
from collections.abc import Sequence

from grader import wiring
from grader.domain.assignment import Assignment
from grader.domain.service import Lane
from grader.sandbox.gpu.device import Gpu
from grader.sandbox.gpu.driver import DriverError
from grader.settings import Settings

MEMORY_SHARE = 0.9
"""Of the machine's memory that notebooks may take together."""


def slots(
    lanes: Sequence[Lane], assignments: Sequence[Assignment], gpus: Sequence[Gpu], shares: int
) -> int:
    """One for each CPU, or for each share of a GPU where that is all it does, as memory allows."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * MEMORY_SHARE
    need = max((item.limits.memory_bytes for item in assignments), default=1)
    wanted = len(gpus) * shares if set(lanes) == {"gpu"} else len(os.sched_getaffinity(0))
    return max(1, min(wanted, int(memory // need)))


def gpu_shares(assignments: Sequence[Assignment], gpus: Sequence[Gpu], most: int) -> int:
    """Runs that may use one GPU at once: at most so many, and each has what it says it needs."""
    need = max((item.gpu_memory_bytes for item in assignments), default=0)
    fits = [gpu.memory_bytes // need for gpu in gpus] if need else []
    return max(1, min([most, *fits])) if most else 0


def gpus_here(settings: Settings) -> tuple[Gpu, ...]:
    """The devices that may be used; none where the driver does not answer."""
    try:
        return wiring.gpus(settings).driver.gpus() if settings.gpu_shares else ()
    except DriverError:
        return ()
