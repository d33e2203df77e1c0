"""Networks with one or two mistakes in them."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

from torch import nn

from grader.checks.misconception import Misconception
from grader.checks.model import Shapes
from reference.cnn.designs import Design

DesignFor = Callable[[Shapes], Design]
Change = Callable[[Design, Shapes], Design]
"""Makes a mistake; shapes are the student's. Raises ValueError where it cannot be made."""


@dataclass(frozen=True)
class Mistaken:
    """Builds a network with mistakes in it.

    Attributes:
        design: the network without them.
        changes: the mistakes, one or two.
    """

    design: DesignFor
    changes: tuple[Change, ...]

    def __call__(self, shapes: Shapes) -> nn.Module:
        """The network for a student's shapes. Raises ValueError where it cannot be."""
        right = self.design(shapes)
        if len(self.changes) == 1:
            return self.changes[0](right, shapes).build()
        both = _combined(right, self.changes, shapes)
        if _sizes(both.shapes) != _sizes(shapes):
            raise ValueError(f"{both}: has not the sizes of {shapes}")  # sooner than by a build
        return both.build()

    def onto(self, other: "Mistaken") -> "Mistaken":
        """The other's mistakes, and these."""
        return Mistaken(other.design, (*other.changes, *self.changes))


def _combined(right: Design, changes: tuple[Change, ...], shapes: Shapes) -> Design:
    """Both changes at once: the one thing that comes out in whichever order keeps both.

    Raises:
        ValueError: one undoes the other, or both orders keep both but differ.
    """
    one, other = changes
    first, second = _made(one, right, shapes), _made(other, right, shapes)
    kept = {
        both
        for both in (_made(other, first, shapes), _made(one, second, shapes))
        if both not in {None, right, first, second}
    }
    if len(kept) != 1:
        raise ValueError("the two mistakes cannot be made together")
    return kept.pop()


def _made(change: Change, design: Design | None, shapes: Shapes) -> Design | None:
    """The design with the change; None where it cannot be made."""
    try:
        return None if design is None else change(design, shapes)
    except ValueError:
        return None


def _sizes(shapes: Shapes) -> list[int]:
    return sorted(map(prod, shapes))


def mistake(
    design: DesignFor,
    change: Change,
    told: tuple[str, float, str, str],
    *,
    combines: bool = False,
) -> Misconception:
    """A mistake; `told` is its id, share, sentence and brief; with `combines`, one of two."""
    id_, share, sentence, brief = told
    mistaken = Mistaken(design, (change,))

    def onto(other: Callable[..., Any]) -> Mistaken:
        assert isinstance(other, Mistaken)
        return mistaken.onto(other)

    return Misconception(
        id=id_,
        share=share,
        sentence=sentence,
        brief=brief,
        build=mistaken,
        onto=onto if combines else None,
    )
