"""What right code reaches, seed by seed: the yardstick of accuracies."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError

from grader.domain.base import Frozen
from grader.domain.check import Labelled
from grader.errors import AssignmentError

Share = Annotated[float, Field(ge=0, le=1)]


class Training(Frozen):
    """A training of the reference, to be repeated with many seeds."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """What is trained, such as ``model_fc``."""
    run: Callable[[int, Labelled, Labelled], Sequence[float]]
    """Seed, training set, test set -> test accuracy after each epoch. Runs in a process of its own,
    so it must be a function of a module."""
    train: str = "mnist/train"
    test: str = "mnist/test"


class SeedRun(Frozen):
    """One training."""

    seed: int
    accuracy: Annotated[tuple[Share, ...], Field(min_length=1)]
    """On the test set, after each epoch."""


class Calibration(Frozen):
    """The content of ``calibration.json``."""

    schema_version: Literal[1] = 1
    libraries: dict[str, str] = {}
    device: str = "cpu"
    data: dict[str, str] = {}
    """Data set to digest."""
    trainings: dict[str, tuple[SeedRun, ...]] = {}
    """By name, in the order of seeds."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """The calibration in a file; an empty one where there is none.

        Raises:
            AssignmentError: the file is no calibration.
        """
        if not path.is_file():
            return cls()
        try:
            return cls.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise AssignmentError(f"{path} is no calibration: {error}") from error

    def final(self, name: str) -> tuple[float, ...]:
        """Accuracies after the last epoch. Raises AssignmentError for fewer than two seeds."""
        reached = tuple(run.accuracy[-1] for run in self.trainings.get(name, ()))
        if len(reached) < 2:
            raise AssignmentError(
                f"calibration of {name!r}: found {len(reached)} seeds, expected at least 2: "
                "run `grader assignment calibrate`"
            )
        return reached

    def missing(self, name: str, seeds: int) -> tuple[int, ...]:
        """Seeds from 0 on that have not been run."""
        done = {run.seed for run in self.trainings.get(name, ())}
        return tuple(seed for seed in range(seeds) if seed not in done)

    def with_run(self, name: str, run: SeedRun) -> Self:
        """This calibration and one run more."""
        kept = [r for r in self.trainings.get(name, ()) if r.seed != run.seed]
        runs = tuple(sorted([*kept, run], key=lambda r: r.seed))
        return self.model_copy(update={"trainings": {**self.trainings, name: runs}})
