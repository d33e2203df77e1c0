"""Named mistakes: the reference with one mistake built in."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from grader.domain.codes import Named


class Misconception(Named):
    """A mistake that a check can recognise, because answers equal those of `build`."""

    share: Annotated[float, Field(ge=0, lt=1)]
    """Part of the check's points that it leaves."""
    build: Callable[..., Any]
    """What stands in the reference's place, called as the check calls its reference."""
