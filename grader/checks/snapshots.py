"""The snapshots of a model, compared with the reference once a case, and worth measuring or not."""

from collections.abc import Iterator
from dataclasses import dataclass

from grader.checks.fit import Fit, fit
from grader.checks.model import Model
from grader.checks.seen import Seen, answers
from grader.checks.weights import Loaded, weights_of
from grader.domain.check import Case
from grader.domain.evidence import ModuleAnswer

MAX_SEEN = 24
"""Newest snapshots that are looked at."""
MAX_MEASURED = 6
MAX_ELEMENTS = 4_000_000
"""Parameters of all measured snapshots together: of a large model fewer are measured."""


@dataclass(frozen=True)
class Measurable:
    """A model as it stood once, whose architecture is known."""

    seen: Seen[ModuleAnswer]
    fit: Fit
    loaded: Loaded


def fitted(model: Model, seen: Seen[ModuleAnswer], case: Case) -> Fit:
    """How a snapshot compares with the reference; computed once for all checks of a case."""
    key = ("fit", model.name, id(seen.tensors))
    if key not in case.shared:
        case.shared[key] = fit(model, seen, case.hidden)
    found = case.shared[key]
    assert isinstance(found, Fit)
    return found


def newest_first(model: Model, case: Case) -> tuple[Seen[ModuleAnswer], ...]:
    """The model's snapshots."""
    return answers(case, model.name, ModuleAnswer)[-MAX_SEEN:][::-1]


def measurable(model: Model, case: Case) -> Iterator[Measurable]:
    """Snapshots whose architecture is known, newest first, equal ones once.

    Of equal ones the oldest is taken: its cell is the one that trained the weights.
    """
    oldest: dict[str, Seen[ModuleAnswer]] = {}
    for seen in newest_first(model, case):
        oldest[_content(seen)] = seen
    left = MAX_ELEMENTS
    for seen in list(oldest.values())[:MAX_MEASURED]:
        found = fitted(model, seen, case)
        if found.loaded is None:
            continue
        if left < MAX_ELEMENTS and left < found.loaded.weights.elements:
            return
        left -= found.loaded.weights.elements
        yield Measurable(seen, found, found.loaded)


def _content(seen: Seen[ModuleAnswer]) -> str:
    """Equal for snapshots with equal weights and outputs, of both passes."""
    weights = weights_of(seen.answer, seen.tensors)
    outputs = (seen.tensors.get(key) for key in ("output", "hidden_output"))
    shown = [b"" if output is None else output.tobytes() for output in outputs]
    return f"{weights.digest if weights else ''} {hash(tuple(shown))}"
