"""Outcome: a check on evidence."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from grader.domain.base import Frozen
from grader.domain.detail import Detail


class _Outcome(Frozen):
    message: str
    """One or two sentences for the student."""
    details: tuple[Detail, ...] = ()
    misconception: str | None = None
    """Id of the mistake, where the answers equal it; ids of several are joined by ``+``."""
    code: str | None = None
    """Kind of a wrong answer that no mistake explains, such as ``raised``; None: ``differs``."""


class Passed(_Outcome):
    """Right: all points of the check."""

    status: Literal["passed"] = "passed"

    @property
    def score(self) -> float:
        """Share of the check's points."""
        return 1.0


class Partial(_Outcome):
    """Partly right."""

    status: Literal["partial"] = "partial"
    score: Annotated[float, Field(gt=0, lt=1)]


class Failed(_Outcome):
    """Wrong: no points."""

    status: Literal["failed"] = "failed"

    @property
    def score(self) -> float:
        """Share of the check's points."""
        return 0.0


class NotGraded(_Outcome):
    """The evidence is missing because of what the notebook did; `reason` says why. No points."""

    status: Literal["not_graded"] = "not_graded"
    reason: str
    """Stable code: ``missing``, ``timed_out``, ``not_run``, ``kernel_died``, ``memory`` ..."""

    @property
    def score(self) -> float:
        """Share of the check's points."""
        return 0.0


class Pending(_Outcome):
    """A person must grade it; the points count as pending."""

    status: Literal["pending"] = "pending"


class CheckBroke(_Outcome):
    """Our fault: the points are neither earned nor lost, and the report is ``not_graded``."""

    status: Literal["check_broke"] = "check_broke"


Outcome = Annotated[
    Passed | Partial | Failed | NotGraded | Pending | CheckBroke, Field(discriminator="status")
]
Scored = Passed | Partial | Failed | NotGraded


def best(outcomes: Iterable[Scored]) -> Scored:
    """The most favourable outcome, the latest of equal ones.

    A name may be bound several times in a notebook (an experiment before, a reuse after): the
    student gets the definition that is right.

    Raises:
        ValueError: there is none.
    """
    return max(enumerate(outcomes), key=lambda pair: (pair[1].score, pair[0]))[1]
