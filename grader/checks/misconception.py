"""Named mistakes: the reference with one mistake built in, or with two."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Any

from pydantic import Field

from grader.domain.codes import BETWEEN, Named


class Misconception(Named):
    """A mistake that a check can recognise, because answers equal those of `build`."""

    share: Annotated[float, Field(ge=0, lt=1)]
    """Part of the check's points that it leaves."""
    build: Callable[..., Any]
    """What stands in the reference's place, called as the check calls its reference."""
    onto: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None
    """Makes the mistake in another one's `build`, where the two can be made together."""


@dataclass(frozen=True)
class Suspect:
    """What may explain an answer: one mistake or two at once.

    Attributes:
        id: of two, both ids, sorted and joined by ``+``.
        sentence: of two, both.
        share: part of the points that is left; of two, the product.
        build: what stands in the reference's place.
    """

    id: str
    sentence: str
    share: float
    build: Callable[..., Any]


def singles(misconceptions: Iterable[Misconception]) -> Iterator[Suspect]:
    """Each mistake alone, in their order."""
    for mistake in misconceptions:
        yield Suspect(mistake.id, mistake.sentence, mistake.share, mistake.build)


def pairs(misconceptions: Iterable[Misconception]) -> Iterator[Suspect]:
    """Two mistakes at once, where one of them can be made in the other's `build`."""
    for one, other in combinations(misconceptions, 2):
        outer, inner = (one, other) if one.onto else (other, one)
        if outer.onto is None or one.id == other.id:
            continue
        first, second = sorted((one, other), key=lambda mistake: mistake.id)
        yield Suspect(
            f"{first.id}{BETWEEN}{second.id}",
            f"{first.sentence} {second.sentence}",
            one.share * other.share,
            outer.onto(inner.build),
        )
