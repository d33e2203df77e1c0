"""What one run may use."""

from pydantic import Field, PositiveFloat, PositiveInt

from grader.domain.base import Frozen

MIB = 1024**2
GIB = 1024**3


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
    memory_bytes: PositiveInt = 4 * GIB
    """Memory of all processes of the run together, its tmpfs included, without swap."""
    processes: PositiveInt = 256
    """Processes and threads that may exist at once."""
    tmp_bytes: PositiveInt = 512 * MIB
    """Size of each writable tmpfs (home, /tmp, /dev/shm)."""
    cell_output_bytes: PositiveInt = 1 * MIB
    """Text that one cell may print before it is cut, with a visible mark."""
    output_bytes: PositiveInt = 8 * MIB
    """Text that all cells may print."""
    evidence_bytes: PositiveInt = 128 * MIB
    """Everything that may come out of the sandbox's pipe."""
    answer_bytes: PositiveInt = 16 * MIB
    """Arrays of a single answer."""
    threads: int = Field(default=0, ge=0)
    """Threads for numerical libraries and CPUs of the run; 0: as many as the machine has."""
