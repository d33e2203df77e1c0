"""Variants of the staff's solution: what `grader assignment check` grades to prove the rubric."""

from typing import Self

from pydantic import Field, model_validator

from grader.domain.base import Frozen


class Variant(Frozen):
    """A change to the solution notebook, and what grading must make of it.

    A flaw loses points in each problem that it concerns, is named there as stated, and costs
    nothing elsewhere. "Elsewhere" leaves out only problems that rest on one of these by their own
    statement (`Problem.rests_on`): a loop that trains nothing costs the accuracies too, whatever
    they are. A flaw that must also be noticed there concerns them as well. A right variant keeps
    all points.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_]*$")
    """Unique in the assignment; says what is other than in the solution."""
    right: bool = False
    concerns: dict[str, str | None] = Field(min_length=1)
    """Problems whose judgement depends on it, with the misconception that must be named in each
    (None: nothing may be named, since any name would be wrong)."""
    changes: dict[str, str] = {}
    """Text to new text; each stands exactly once in the solution's cells."""
    added: tuple[str, ...] = ()
    """Code cells put at the end."""
    below: dict[str, str] = {}
    """Markdown cells put below others, by the id of these."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not (self.changes or self.added or self.below):
            raise ValueError(f"variant {self.name!r} changes nothing")
        return self
