"""Short ways to write a variant of the solution."""

from collections.abc import Mapping

from grader.domain.variant import Variant
from reference.cnn.variants.solution_text import FUNCTION


def right(problem: str, name: str, changes: Mapping[str, str]) -> Variant:
    """Another right way to solve one problem."""
    return Variant(name=name, right=True, concerns={problem: None}, changes=dict(changes))


def flaw(problem: str, name: str, misconception: str | None, changes: Mapping[str, str]) -> Variant:
    """A mistake in one problem, and the misconception that must be named there."""
    concerns = {problem: misconception}
    return Variant(name=f"{problem}_{name}", concerns=concerns, changes=dict(changes))


def convolution(body: str) -> dict[str, str]:
    """The solution's convolution with another body."""
    stripped = body.strip("\n")
    return {FUNCTION: f"def convolution_one_dimensional(x, h):\n{stripped}"}
