"""Which architecture computes what the student's model computes, given the student's weights."""

import hashlib
import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import nn

from grader.checks import describe, tolerance
from grader.checks.hidden_weights import hidden_weights
from grader.checks.misconception import Suspect, pairs, singles
from grader.checks.model import Model, Shapes
from grader.checks.seen import Seen
from grader.checks.weights import Loaded, Weights, place, weights_of
from grader.domain.check import Memo
from grader.domain.evidence import ModuleAnswer
from grader.domain.hidden import Hidden

TOLERANCE = 1e-4
"""Relative to the output's scale. Right ways to write the models were equal to the last bit on one
machine and 2e-6 apart in the worst rounding; of some 160 mistakes and pairs of them in one network,
no two were closer than 3e-2 (leaky ReLU and ReLU), to each other or to the reference."""
FLAT = 1e-3
"""A column that varies less than this, relative to its size, says nothing about the function."""
OWN_FLOOR = 1e-1
"""Least scale with the student's own weights, relative to the column's size: these only tie the
weights to the model, whose function the hidden weights prove."""
_RIGHT = {"same": True}
"""What the memo keeps of a model that is right."""
FEW = 2
"""Images that most mistakes are ruled out with."""
MAX_SUSPECTS = 250
"""Mistakes and pairs of them that are computed for one snapshot: LeNet has under 200 of its
shapes."""
MAX_WORK = 10**11
"""Multiplications that this may take, by `Weights.work`: a few seconds."""
MISTAKE_FLOOR = 1e-2
"""Least scale of a mistake, relative to all columns: a ReLU at the end makes whole columns 0."""


@dataclass(frozen=True)
class Fit:
    """What one snapshot of a model shows.

    Attributes:
        verdict: same: the reference's function; mistaken: a misconception's; differs: neither;
            unproven: it could not be run with other weights; too_large: not computed.
        text: how it differs or why nothing is known, in words.
        loaded: the architecture of ours, holding the student's weights, that gives the student's
            outputs; None unless same or mistaken.
        misconception: which one, where mistaken.
    """

    verdict: Literal["same", "mistaken", "differs", "unproven", "too_large"]
    text: str = ""
    loaded: Loaded | None = None
    misconception: Suspect | None = None


@dataclass(frozen=True)
class _Shown:
    """What the student's model gave, and for which weights."""

    weights: Weights
    output: tolerance.Numbers
    seed: int
    hidden_output: tolerance.Numbers | None

    @cached_property
    def hidden(self) -> Weights:
        return hidden_weights(self.weights, self.seed)


def fit(model: Model, seen: Seen[ModuleAnswer], hidden: Hidden, memo: Memo) -> Fit:
    """Compare one snapshot with the reference, then with mistakes and pairs of them.

    An architecture fits where it gives the student's outputs twice: with the student's weights, and
    with hidden ones, which no student can choose so that a wrong function looks right. That a model
    is right is kept in the memo: a regrade does not show it again.
    """
    answer = seen.answer
    if answer.error is not None:
        return Fit("differs", f"it raised {describe.raised(answer.error)}")
    weights = weights_of(answer, seen.tensors)
    if weights is None or not weights.bearable:
        return Fit("too_large", "its weights are too many, or no floats")
    if not weights.finite:
        return Fit("unproven", "its weights hold NaN or infinity")
    output = tolerance.read(seen.tensors, "output")
    if output is None or not tolerance.finite(output):
        return Fit("differs", "it gave no finite output")
    hidden_output = tolerance.read(seen.tensors, "hidden_output")
    shown = _Shown(weights, output, model.seed(hidden), hidden_output)
    images = model.inputs(hidden)
    reference = place(weights, model.reference)
    proof = reference and _proof(reference, shown, images)
    if proof and memo.get(proof) == _RIGHT:
        return Fit("same", "", reference)
    found = _compare(model, shown, images)
    if proof and found.verdict == "same":
        memo.put(proof, _RIGHT)
    return found


def _proof(reference: Loaded, shown: _Shown, images: NDArray[np.float32]) -> str:
    """Under this key the memo knows that a model is right: all that the judgement depends on."""
    content = hashlib.sha256(f"{_judgement()} {reference.digest} {shown.seed}".encode())
    for array in (images, shown.output, shown.hidden_output):
        content.update(b"" if array is None else repr(array.shape).encode() + array.tobytes())
    return "fit-" + content.hexdigest()


@cache
def _judgement() -> str:
    """The code that compares: where it changed, what it found before counts no more."""
    modules = (sys.modules[name] for name in (__name__, hidden_weights.__module__))
    return "".join(map(inspect.getsource, (*modules, tolerance)))


def _compare(model: Model, shown: _Shown, images: NDArray[np.float32]) -> Fit:
    found = _tried(model.reference, shown, images)
    if found.verdict != "differs":
        return found
    combining = [mistake for mistake in model.misconceptions if mistake.onto]
    suspects = chain(singles(model.misconceptions), pairs(combining))
    return _explained(suspects, shown, images) or found


def _tried(
    build: Callable[[Shapes], nn.Module],
    shown: _Shown,
    images: NDArray[np.float32],
    suspect: Suspect | None = None,
) -> Fit:
    """Whether the student's outputs are those of an architecture."""
    loaded = place(shown.weights, build)
    if loaded is None:
        return Fit("differs", "its parameters do not have the shapes of the exercise's layers")
    gap = _own_gap(loaded, shown.output, images)
    if gap is None and shown.hidden_output is None:
        return Fit("unproven", "it could not be run with other weights")
    gap = gap or _hidden_gap(build, shown, images, mistaken=suspect is not None)
    if gap is not None:
        return Fit("differs", gap)
    return Fit("mistaken" if suspect else "same", "", loaded, suspect)


def _explained(
    suspects: Iterable[Suspect], shown: _Shown, images: NDArray[np.float32]
) -> Fit | None:
    """The fit of the first mistake, or pair of them, that gives the student's outputs.

    Most are ruled out by their shapes or by the first images; only what these leave is computed in
    full. How many are computed depends on the network's size.
    """
    left = int(min(MAX_SUSPECTS, MAX_WORK / (FEW * max(1, shown.weights.work))))
    for suspect in suspects:
        loaded = place(shown.hidden, suspect.build)
        if loaded is None:
            continue
        left -= 1
        if left < 0:
            return None
        if _ruled_out(loaded, shown.hidden_output, images):
            continue
        found = _tried(suspect.build, shown, images, suspect)
        if found.verdict != "differs":
            return found
    return None


def _ruled_out(
    loaded: Loaded, hidden_output: tolerance.Numbers | None, images: NDArray[np.float32]
) -> bool:
    """The first images are enough to say no."""
    expected = tolerance.numbers(loaded.run(images[:FEW]))
    if expected is None:
        return True
    if hidden_output is None:
        return False
    if hidden_output.ndim != expected.ndim:
        return True
    found = hidden_output[:FEW]
    scale = max(tolerance.largest(hidden_output), tolerance.largest(expected))
    return expected.shape != found.shape or bool(
        (np.abs(expected - found) > 2 * TOLERANCE * scale).any()
    )


def _own_gap(loaded: Loaded, output: tolerance.Numbers, images: NDArray[np.float32]) -> str | None:
    """How the outputs differ with the student's weights; None where they agree."""
    expected = tolerance.numbers(loaded.run(images))
    if expected is None or not tolerance.finite(expected):
        return "with its weights, the exercise's layers give no finite output"
    scale = np.maximum(_spread(expected), OWN_FLOOR * np.abs(expected).max(axis=0))
    gap = _difference(output, expected, scale)
    return gap and f"its output on hidden images is another: {gap}"


def _hidden_gap(
    build: Callable[[Shapes], nn.Module],
    shown: _Shown,
    images: NDArray[np.float32],
    *,
    mistaken: bool,
) -> str | None:
    """How the outputs differ with the hidden weights; None where they agree and that says all."""
    loaded = place(shown.hidden, build)
    expected = None if loaded is None else tolerance.numbers(loaded.run(images))
    if expected is None or not tolerance.finite(expected):
        return "with hidden weights, the exercise's layers give no finite output"
    scale, size = _spread(expected), np.abs(expected).max(axis=0)
    if mistaken:
        scale = np.maximum(scale, MISTAKE_FLOOR * tolerance.largest(expected))
    if not (scale > np.maximum(FLAT * size, np.finfo(np.float32).tiny)).all():
        return "with hidden weights, some of its outputs do not depend on the image"
    gap = _difference(shown.hidden_output, expected, scale)
    return gap and f"with hidden weights, its output on hidden images is another: {gap}"


def _spread(expected: tolerance.Numbers) -> tolerance.Numbers:
    """Largest deviation of each column from its mean over the images."""
    spread: tolerance.Numbers = np.abs(expected - expected.mean(axis=0)).max(axis=0)
    return spread


def _difference(
    found: tolerance.Numbers | None, expected: tolerance.Numbers, scale: tolerance.Numbers
) -> str | None:
    """See `tolerance.difference`, with a scale for each column."""
    if found is None or found.shape != expected.shape or not tolerance.finite(found):
        return tolerance.difference(found, expected, 1, TOLERANCE)
    off = (np.abs(found - expected) > TOLERANCE * scale).any(axis=0)
    if not off.any():
        return None
    column = int(off.argmax())
    gap = tolerance.difference(
        found[:, column], expected[:, column], float(scale[column]), TOLERANCE
    )
    return f"in column {column}, {gap}"
