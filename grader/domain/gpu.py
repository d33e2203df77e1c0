"""What an assignment says about GPUs, and what was measured of one."""

from typing import Annotated, Literal

from pydantic import Field

from grader.domain.base import Frozen, Short

GpuNeed = Literal["required", "preferred", "none"]
"""required: without one the notebook is not graded; preferred: else the CPU runs it; none: the
notebook sees no GPU even where there is one."""


class GpuFacts(Frozen):
    """The GPU that a run had, measured from outside."""

    uuid: Short
    name: Short
    """Such as ``NVIDIA H100 80GB HBM3``."""
    memory_bytes: Annotated[int, Field(ge=0)]
    """All memory of the device."""
    share: Annotated[float, Field(gt=0, le=1)] = 1
    """Part of its memory that the run might use."""
    peak_memory_bytes: Annotated[int, Field(ge=0)] | None = None
    """The most that the run was seen to hold; None where that could not be told."""
