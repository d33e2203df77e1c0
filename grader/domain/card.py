"""What the service must know of an assignment without importing it, and torch with it."""

from typing import Annotated, Any

from pydantic import Field

from grader.domain.assignment import Assignment
from grader.domain.base import Frozen, Short, example
from grader.domain.gpu import GpuNeed
from grader.domain.limits import Limits


class CardProblem(Frozen):
    """A row of points."""

    id: str
    title: str
    points: float


CARD_EXAMPLE: dict[str, Any] = {
    "id": "cnn",
    "title": "Exercise 09: convolutional neural networks",
    "version": "1",
    "problems": [{"id": "fc_model", "title": "Multi-layer perceptron", "points": 10}],
    "possible": 10,
    "gpu": "preferred",
    "trains_by": ["train_model"],
    "limits": {"wall_seconds": 3600, "memory_bytes": 4 << 30},
    "datasets": ["mnist"],
}
"""For OpenAPI."""


class Card(Frozen):
    """An assignment, as the service shows it and chooses lanes by it."""

    model_config = example(**CARD_EXAMPLE)

    id: str
    title: str
    version: str
    problems: tuple[CardProblem, ...]
    possible: float
    gpu: GpuNeed
    trains_by: Annotated[tuple[Short, ...], Field(max_length=100)] = ()
    """Calls by which its notebooks train, as in `Shortcut.calls`; a notebook with none is fast."""
    limits: Limits
    datasets: Annotated[tuple[Short, ...], Field(max_length=100)] = ()
    """What its notebooks read: a machine that lacks one can grade none of them."""

    @classmethod
    def of(cls, assignment: Assignment) -> "Card":
        """The card of an assignment."""
        return cls(
            id=assignment.id,
            title=assignment.title,
            version=assignment.version,
            problems=tuple(
                CardProblem(id=p.id, title=p.title, points=p.points) for p in assignment.problems
            ),
            possible=assignment.points,
            gpu=assignment.gpu,
            trains_by=assignment.trains_by,
            limits=assignment.limits,
            datasets=assignment.datasets,
        )
