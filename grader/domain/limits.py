"""What one run may use."""

from typing import Annotated

from pydantic import Field, PositiveFloat

from grader.domain.base import Count, Frozen

MIB = 1024**2
GIB = 1024**3

Size = Annotated[int, Field(gt=0, lt=2**63)]


class Limits(Frozen):
    """Bounds of one sandboxed run; the student's cells and our probes share them."""

    wall_seconds: PositiveFloat = 3600
    """Wall time for all cells together. Then the kernel is interrupted; what exists is probed."""
    cell_seconds: PositiveFloat = 1800
    """Wall time of one cell. Then it is interrupted and the next one runs."""
    probe_seconds: PositiveFloat = 30
    """Wall time of one probe."""
    grace_seconds: PositiveFloat = 60
    """What is left after `wall_seconds` for the interrupt and the last probes; then all dies."""
    memory_bytes: Size = 4 * GIB
    """Memory of all processes of the run together, its tmpfs included, without swap."""
    processes: Size = 256
    """Processes and threads that may exist at once."""
    tmp_bytes: Size = 512 * MIB
    """Size of each writable tmpfs (home, /tmp, /dev/shm)."""
    cell_output_bytes: Size = 1 * MIB
    """Text that one cell may print before it is cut, with a visible mark."""
    output_bytes: Size = 8 * MIB
    """Text that all cells may print."""
    evidence_bytes: Size = 128 * MIB
    """Everything that may come out of the sandbox's pipe."""
    answer_bytes: Size = 16 * MIB
    """Arrays of a single answer."""
    threads: Count = 0
    """Threads for numerical libraries and CPUs of the run; 0: as many as the machine has."""
