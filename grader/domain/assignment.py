"""What course staff define."""

from pathlib import Path

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, SerializeAsAny

from grader.domain.base import Frozen
from grader.domain.calibration import Training
from grader.domain.check import Check
from grader.domain.gpu import GpuNeed
from grader.domain.limits import Limits
from grader.domain.variant import Variant


class Problem(Frozen):
    """A row of points: what a student sees as one result."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1)
    points: PositiveFloat
    checks: tuple[SerializeAsAny[Check], ...] = Field(min_length=1)
    rests_on: tuple[str, ...] = ()
    """Problems in which a mistake may cost points here as well, such as the training loop of a
    network whose accuracy is measured; `grader assignment check` allows it nowhere else."""


class Shortcut(Frozen):
    """Calls that do the exercise's work: using one raises a flag for the TA."""

    function: str | None
    """Only inside this function; None: anywhere in the notebook."""
    calls: tuple[str, ...]
    """Dotted names as written, such as ``np.convolve``; the last part alone matches as well."""


class Rehearsal(Frozen):
    """How `grader assignment check` grades trainings within minutes: on cut-down data."""

    data: dict[str, PositiveInt] = Field(min_length=1)
    """How many images are kept of a part of a data set, from the first on: ``mnist/train``."""
    assignment: "Assignment"
    """The same one, with what right code reaches on that data."""


class Assignment(Frozen):
    """An exercise: its problems, the files that students get, and what a run may use."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=64)
    title: str = Field(min_length=1, max_length=200)
    version: str = Field("1", min_length=1, max_length=64)
    problems: tuple[Problem, ...] = Field(min_length=1)
    files: Path | None = None
    """Folder whose contents lie beside the notebook when it runs."""
    release: Path | None = None
    """The notebook as handed out: what stands there is not the student's."""
    solution: Path | None = None
    """The staff's solution, for `grader assignment check`."""
    variants: tuple[Variant, ...] = ()
    """The solution with a mistake, or written in another right way, for the same."""
    release_share: float = Field(default=0.05, ge=0, le=1)
    """The most that the release may earn, as a share of all points."""
    datasets: tuple[str, ...] = ()
    """Data sets that the notebook may read, such as ``mnist``."""
    shortcuts: tuple[Shortcut, ...] = ()
    limits: Limits = Limits()
    gpu: GpuNeed = "none"
    """Whether the notebook is run on a GPU; the judgement never is."""
    gpu_memory_bytes: NonNegativeInt = 0
    """What a run needs on the device, CUDA's own part included: a worker shares a GPU among no more
    runs than have it. 0: not known."""
    trains_by: tuple[str, ...] = ()
    """Calls by which its notebooks train, dotted as written, such as ``train_model``; the service
    grades a notebook that makes none of them in its fast lane. None listed: all are fast."""
    trainings: tuple[Training, ...] = ()
    """What `grader assignment calibrate` repeats with many seeds."""
    calibration: Path | None = None
    """Where it keeps what they reached."""
    rehearsal: Rehearsal | None = None
    """None: the matrix is made with the full data."""

    @property
    def points(self) -> float:
        """All points together."""
        return sum(problem.points for problem in self.problems)

    @property
    def rehearsed(self) -> "Assignment":
        """This assignment as `grader assignment check` grades it."""
        return self.rehearsal.assignment if self.rehearsal else self
