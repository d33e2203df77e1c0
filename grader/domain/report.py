"""The score report: what students, TAs and programs read. Its JSON Schema is published."""

from typing import Annotated, Literal

from pydantic import Field

from grader.domain.base import Frozen
from grader.domain.detail import Detail
from grader.domain.gpu import GpuFacts
from grader.domain.late import Lateness
from grader.domain.limits import Limits
from grader.domain.submission import Flag

Points = Annotated[float, Field(ge=0)]
CheckStatus = Literal["passed", "partial", "failed", "not_graded", "pending", "check_broke"]


class SubmissionLine(Frozen):
    """Whose notebook it is."""

    name: str
    sha256: str


class CheckReport(Frozen):
    """One outcome with its points."""

    id: str
    status: CheckStatus
    earned: Points
    possible: Points
    message: str
    reason: str | None = None
    """Code, for ``not_graded``."""
    misconception: str | None = None
    codes: Annotated[tuple[str, ...], Field(min_length=1)]
    """Stable, to be counted, listed in docs/codes.md: each mistake that is named, else `reason`,
    else the kind of the wrong answer (``raised``, ``differs`` ...), else the status."""
    details: tuple[Detail, ...] = ()


class ProblemReport(Frozen):
    """One problem: its checks added up."""

    id: str
    title: str
    earned: Points
    possible: Points
    pending: Points = 0
    status: CheckStatus
    """The worst of its checks in the order check_broke, pending, not_graded, failed, partial,
    passed; ``partial`` where some of several checks passed."""
    message: str
    checks: tuple[CheckReport, ...]


class CellErrorReport(Frozen):
    """How a cell failed."""

    name: str
    message: str
    traceback: str


class CellReport(Frozen):
    """How a cell went."""

    index: int
    status: str
    seconds: float
    error: CellErrorReport | None = None


class LimitHit(Frozen):
    """A limit that the run or one of its cells ran into."""

    code: str
    """Stable: ``wall_time``, ``cell_seconds``, ``memory``, ``processes``, ``kernel_died`` ..."""
    cell: int | None
    """Index of the cell; None where no single one is to blame."""
    message: str


class SecondRunReport(Frozen):
    """A run up to a training, to repeat that with another seed before points were lost."""

    models: tuple[str, ...]
    """What was to be trained once more, such as ``model_lenet``."""
    seconds: float
    stopped: str
    """``finished``, or the limit that ended it."""


class RunReport(Frozen):
    """How the notebook ran."""

    sandbox: str
    image: str | None = None
    """Name and digest of the container's image; None where none was used."""
    seconds: float
    """Wall time of the whole run."""
    cpu_seconds: float | None = None
    """CPU time of all its processes together; None where nothing measured it."""
    peak_memory_bytes: int | None
    limits: Limits
    stopped: str
    """``finished``, or the limit that ended the run."""
    stopped_message: str = ""
    limits_hit: tuple[LimitHit, ...] = ()
    protections: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    python: str = ""
    libraries: dict[str, str] = {}
    device: str = ""
    """What the guest found; see `gpu` for what was measured."""
    gpu: GpuFacts | None = None
    """None: the CPU ran it."""
    threads: int = 0
    seed_id: str = ""
    """Equal where two runs had equal hidden inputs and seeds; these cannot be told from it."""
    data: dict[str, str] = {}
    """Data sets with which was judged, such as ``mnist/test``, and the digests of their files."""
    second: SecondRunReport | None = None
    cells: tuple[CellReport, ...]


class LateReport(Lateness):
    """How late it was handed in, and what that cost; the problems show what they are worth."""

    points: Points
    """Taken off the sum of what the problems earned."""
    pending: Points
    """Taken off the sum of what is pending: what a person gives later loses the same share."""


class ScoreReport(Frozen):
    """What comes out."""

    schema_version: Literal[1] = 1
    assignment: str
    assignment_version: str
    title: str
    submission: SubmissionLine
    status: Literal["graded", "not_graded"]
    """not_graded: a check broke or was changed after the run: the points are not final."""
    earned: Points
    """What the problems earned, less what `late` took off."""
    possible: Points
    pending: Points
    """Points that a person has yet to give, as far as they can still be earned."""
    late: LateReport | None = None
    """None: handed in on time, or nothing was due."""
    problems: tuple[ProblemReport, ...]
    run: RunReport
    flags: tuple[Flag, ...] = ()
