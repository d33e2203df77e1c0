"""Named mistakes: the reference with one mistake built in."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from grader.domain.base import Frozen


class Misconception(Frozen):
    """A mistake that a check can recognise, because answers equal those of `build`."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    sentence: str
    """For the student: what it is and where to look; not the solution."""
    share: Annotated[float, Field(ge=0, lt=1)]
    """Part of the check's points that it leaves."""
    build: Callable[..., Any]
    """What stands in the reference's place, called as the check calls its reference."""
