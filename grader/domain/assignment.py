"""What course staff define."""

from pathlib import Path

from pydantic import Field, PositiveFloat, SerializeAsAny

from grader.domain.base import Frozen
from grader.domain.calibration import Training
from grader.domain.check import Check
from grader.domain.limits import Limits
from grader.domain.variant import Variant


class Problem(Frozen):
    """A row of points: what a student sees as one result."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1)
    points: PositiveFloat
    checks: tuple[SerializeAsAny[Check], ...] = Field(min_length=1)


class Shortcut(Frozen):
    """Calls that do the exercise's work: using one raises a flag for the TA."""

    function: str | None
    """Only inside this function; None: anywhere in the notebook."""
    calls: tuple[str, ...]
    """Dotted names as written, such as ``np.convolve``; the last part alone matches as well."""


class Assignment(Frozen):
    """An exercise: its problems, the files that students get, and what a run may use."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    title: str = Field(min_length=1)
    version: str = "1"
    problems: tuple[Problem, ...] = Field(min_length=1)
    files: Path | None = None
    """Folder whose contents lie beside the notebook when it runs."""
    release: Path | None = None
    """The notebook as handed out: what stands there is not the student's."""
    solution: Path | None = None
    """The staff's solution, for `grader assignment check`."""
    variants: tuple[Variant, ...] = ()
    """The solution with a mistake, or written in another right way, for the same."""
    datasets: tuple[str, ...] = ()
    """Data sets that the notebook may read, such as ``mnist``."""
    shortcuts: tuple[Shortcut, ...] = ()
    limits: Limits = Limits()
    trainings: tuple[Training, ...] = ()
    """What `grader assignment calibrate` repeats with many seeds."""
    calibration: Path | None = None
    """Where it keeps what they reached."""

    @property
    def points(self) -> float:
        """All points together."""
        return sum(problem.points for problem in self.problems)
