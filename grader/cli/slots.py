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


def slots_here(settings: Settings, lanes: Sequence[Lane], assignments: Sequence[Assignment]) -> int:
    """One for each CPU, or for each share of a GPU where that is all it does, as memory allows."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * MEMORY_SHARE
    need = max((item.limits.memory_bytes for item in assignments), default=1)
    wanted = len(os.sched_getaffinity(0))
    if set(lanes) == {"gpu"}:
        wanted = len(_gpus(settings)) * settings.gpu_shares
    return max(1, min(wanted, int(memory // need)))


def gpu_shares(settings: Settings, assignments: Sequence[Assignment]) -> int:
    """Runs that may use one GPU at once: as the settings say, where each has what it needs."""
    need = max((item.gpu_memory_bytes for item in assignments), default=0)
    fits = [gpu.memory_bytes // need for gpu in _gpus(settings)] if need else []
    if not settings.gpu_shares:
        return 0
    return max(1, min([settings.gpu_shares, *fits]))


def _gpus(settings: Settings) -> tuple[Gpu, ...]:
    try:
        return wiring.gpus(settings).driver.gpus()
    except DriverError:
        return ()
