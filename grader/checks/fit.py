"""Which architecture computes what the student's model computes, given the student's weights."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from grader.checks import describe, tolerance
from grader.checks.misconception import Misconception
from grader.checks.model import Model
from grader.checks.seen import Seen
from grader.checks.weights import Loaded, Weights, place, weights_of
from grader.domain.evidence import ModuleAnswer

TOLERANCE = 1e-4
"""Relative to the output's scale. Right ways to write the models were equal to the last bit on one
machine and 2e-6 apart in the worst rounding; the nearest of 25 wrong functions was 3e-2 off."""
FLAT = 1e-3
"""Outputs that vary less than this, relative to their size, say nothing about the function."""

MISTAKE_FLOOR = 1e-2
"""Untrained sigmoids give almost the same for every image; that mistake is named all the same."""


@dataclass(frozen=True)
class Fit:
    """What one snapshot of a model shows.

    Attributes:
        verdict: same: the reference's function; mistaken: a misconception's; differs: neither;
            unproven: with these weights every function looks alike; too_large: not computed.
        text: how it differs or why nothing is known, in words.
        loaded: the architecture of ours, holding the student's weights, that gives the student's
            outputs; None unless same or mistaken.
        misconception: which one, where mistaken.
    """

    verdict: Literal["same", "mistaken", "differs", "unproven", "too_large"]
    text: str = ""
    loaded: Loaded | None = None
    misconception: Misconception | None = None


def fit(model: Model, seen: Seen[ModuleAnswer], images: NDArray[np.float32]) -> Fit:
    """Compare one snapshot with the reference, then with each misconception, on hidden images."""
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
    return _compare(model, weights, output, images)


def _compare(
    model: Model, weights: Weights, output: tolerance.Numbers, images: NDArray[np.float32]
) -> Fit:
    text = "its parameters do not have the shapes of the exercise's layers"
    for misconception, loaded in _candidates(model, weights):
        expected = tolerance.numbers(loaded.run(images))
        if expected is None:
            continue
        scale = _scale(expected, floor=0 if misconception is None else MISTAKE_FLOOR)
        if scale is None:
            if misconception is None:
                return Fit("unproven", "its output does not depend on the image")
            continue
        gap = tolerance.difference(output, expected, scale, TOLERANCE)
        if gap is None:
            verdict: Literal["same", "mistaken"] = "mistaken" if misconception else "same"
            return Fit(verdict, "", loaded, misconception)
        if misconception is None:
            text = f"its output on hidden images is another: {gap}"
    return Fit("differs", text)


def _candidates(model: Model, weights: Weights) -> Iterator[tuple[Misconception | None, Loaded]]:
    """The reference, then the misconceptions: those that can hold the student's weights."""
    reference = place(weights, model.reference)
    if reference is not None:
        yield None, reference
    for misconception in model.misconceptions:
        loaded = place(weights, misconception.build)
        if loaded is not None:
            yield misconception, loaded


def _scale(expected: tolerance.Numbers, floor: float) -> float | None:
    """Largest deviation from the mean over the images; None where it tells nothing.

    Args:
        expected: outputs, one row an image.
        floor: least scale, relative to the size of the outputs.
    """
    if not tolerance.finite(expected):
        return None
    size = tolerance.largest(expected)
    scale = max(tolerance.largest(expected - expected.mean(axis=0)), floor * size)
    return scale if scale > FLAT * size and scale > np.finfo(np.float32).tiny else None
