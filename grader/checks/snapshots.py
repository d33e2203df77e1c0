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


@dataclass(frozen=True)
class _Content:
    """Equal for snapshots with equal weights and outputs, of both passes.

    Attributes:
        weights: their digest; None where they did not come as arrays.
        outputs: hash of both outputs.
    """

    weights: str | None
    outputs: int


def fitted(model: Model, seen: Seen[ModuleAnswer], case: Case) -> Fit:
    """How a snapshot compares with the reference; equal ones are compared once a case."""
    key = ("fit", model.name, seen.answer.error, _content(seen, case))
    return case.once(key, lambda: fit(model, seen, case.hidden, case.lab.memo))


def newest_first(model: Model, case: Case) -> tuple[Seen[ModuleAnswer], ...]:
    """The model's snapshots."""
    # While a notebook runs, and before a second run, one memory serves growing evidence.
    key = ("snapshots", model.name, len(case.evidence.answers))
    return case.once(key, lambda: answers(case, model.name, ModuleAnswer)[-MAX_SEEN:][::-1])


def digests(model: Model, case: Case) -> frozenset[str]:
    """Of the weights of all snapshots, whatever function they belong to."""
    found = (_content(seen, case).weights for seen in newest_first(model, case))
    return frozenset(digest for digest in found if digest is not None)


def measurable(model: Model, case: Case) -> Iterator[Measurable]:
    """Snapshots whose architecture is known, newest first, equal ones once.

    Of equal ones the oldest is taken: its cell is the one that trained the weights.
    """
    oldest: dict[_Content, Seen[ModuleAnswer]] = {}
    for seen in newest_first(model, case):
        oldest[_content(seen, case)] = seen
    left = MAX_ELEMENTS
    for seen in list(oldest.values())[:MAX_MEASURED]:
        found = fitted(model, seen, case)
        if found.loaded is None:
            continue
        if left < MAX_ELEMENTS and left < found.loaded.weights.elements:
            return
        left -= found.loaded.weights.elements
        yield Measurable(seen, found, found.loaded)


def _content(seen: Seen[ModuleAnswer], case: Case) -> _Content:
    def read() -> _Content:
        weights = weights_of(seen.answer, seen.tensors)
        outputs = (seen.tensors.get(key) for key in ("output", "hidden_output"))
        shown = tuple((str(o.dtype), o.shape, o.tobytes()) for o in outputs if o is not None)
        return _Content(weights.digest if weights else None, hash(shown))

    # The evidence holds the arrays as long as the case lives, so that no id comes twice.
    return case.once(("content", id(seen.tensors)), read)
