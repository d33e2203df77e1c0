"""Reads the progress that a training prints: for display and for curves, never for points."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from grader.domain.base import Frozen
from grader.domain.detail import Series

MAX_POINTS = 300
"""Points of one curve; of more, every n-th is kept."""
MAX_LINES = 2 * MAX_POINTS
"""Lines of a training that are read in full; of more, every n-th and those that tell more."""
MAX_COUNT = 10**9
"""Epochs and iterations beyond it are no counts."""

_FIELD = re.compile(
    r"([A-Za-z]{1,20}(?:[ _-][A-Za-z]{1,20}){0,2})[\s:=#\[(]{0,4}"
    r"(\d{1,12}(?:\.\d{0,20})?(?:e[-+]?\d{1,3})?|nan|inf)(?:\s?(?:/|of)\s?(\d{1,9}))?(\s?%)?",
    re.IGNORECASE | re.ASCII,
)
_EPOCH_IN = re.compile(r"(?<![a-z])ep(?:ochs?)?[\s:=#\[(]{0,4}(\d{1,9})")
_TEST_IN = re.compile(r"(?<![a-z])(?:te|test|val|valid|validation|eval)(?![a-z])")
_WORDS = re.compile(r"[A-Za-z]+")
_EPOCH = {"ep", "epoch", "epochs"}
_ITERATION = {"it", "iter", "iteration", "batch", "step"}
_TEST = {"test", "te", "val", "valid", "validation", "eval"}
_ACCURACY = {"acc", "accuracy"}


@dataclass(frozen=True, slots=True)
class Step:
    """What one line of progress says; a training prints thousands."""

    epoch: int | None = None
    """From 1, or from 0, as printed."""
    epochs: int | None = None
    iteration: int | None = None
    iterations: int | None = None
    loss: float | None = None
    accuracy: float | None = None
    """On the training batches, 0 to 1."""
    test_accuracy: float | None = None
    """0 to 1."""


class Curves(Frozen):
    """What the last training of an output printed, over epochs."""

    loss: tuple[Series, ...] = ()
    accuracy: tuple[Series, ...] = ()


def latest(text: str) -> Step | None:
    """What the last line that tells of a training says; None where none does."""
    found = None
    for found in steps(text[-2000:]):  # noqa: B007 - the last one is wanted
        pass
    return found


def curves(text: str) -> Curves:
    """Loss and accuracies over epochs; where epochs start anew, only the last training's.

    Never raises, whatever the text is.
    """
    told = list(_last_training(list(_steps(_shown(_lines(text))))))
    return Curves(
        loss=_series("loss, training", told, lambda step: step.loss),
        accuracy=_series("accuracy, training", told, lambda step: step.accuracy)
        + _series("accuracy, test", told, lambda step: step.test_accuracy, whole_epochs=True),
    )


def epochs(text: str) -> tuple[Step, ...]:
    """The first step of each epoch that the last training of an output tells of, in their order."""
    told = _last_training(list(_steps(_shown(_lines(text)))))
    first = (
        step
        for before, step in zip((Step(), *told), told, strict=False)
        if step.epoch != before.epoch
    )
    return tuple(step for step in first if step.epoch is not None)


def steps(text: str) -> Iterator[Step]:
    """Each line, overwritten ones as well; a line that names no epoch belongs to the last one."""
    return _steps(_lines(text))


def _lines(text: str) -> list[str]:
    return [line for line in re.split(r"[\r\n]+", text) if line]


def _shown(lines: list[str]) -> list[str]:
    """What the plot can show of a long output: evenly thinned, but every new epoch and test."""
    if len(lines) <= MAX_LINES:
        return lines
    telling: list[int] = []
    start, epoch = 0, -1
    for index, line in enumerate(lines):
        low = line[:200].lower()
        named = _EPOCH_IN.search(low) if "ep" in low else None
        now = int(named[1]) if named else epoch
        if now < epoch:
            start = index
        if now != epoch or (("te" in low or "val" in low) and _TEST_IN.search(low)):
            telling.append(index)
        epoch = now
    every = range(start, len(lines), -(-(len(lines) - start) // MAX_LINES))
    return [lines[index] for index in sorted({*every, *telling}) if index >= start]


def _steps(lines: Iterable[str]) -> Iterator[Step]:
    before = Step()
    for line in lines:
        values = _read(line[:2000])
        if values:
            carried: dict[str, Any] = {"epoch": before.epoch, "epochs": before.epochs}
            before = Step(**(carried | values))
            yield before


def _read(line: str) -> dict[str, Any]:
    """The fields of `Step` that a line names."""
    values: dict[str, Any] = {}
    for label, number, total, percent in _FIELD.findall(line):
        words = _words(label)
        value = float(number)
        if words & _EPOCH or words & _ITERATION:
            name = "epoch" if words & _EPOCH else "iteration"
            if value.is_integer() and value <= MAX_COUNT:
                values[name] = int(value)
                values[f"{name}s"] = int(total) if total else None
        elif words & _ACCURACY:
            name = "test_accuracy" if words & _TEST else "accuracy"
            values[name] = _share(value, bool(percent))
        elif "loss" in words and not words & _TEST:
            values["loss"] = value if math.isfinite(value) else None
    return values


@lru_cache(maxsize=1024)
def _words(label: str) -> frozenset[str]:
    """Of thousands of lines, nearly all have the same labels."""
    return frozenset(word.lower() for word in _WORDS.findall(label))


def _share(value: float, percent: bool) -> float | None:
    share = value / 100 if percent or value > 1 else value
    return share if 0 <= share <= 1 else None


def _last_training(told: Sequence[Step]) -> Sequence[Step]:
    start = 0
    for index in range(1, len(told)):
        before, now = told[index - 1].epoch, told[index].epoch
        if before is not None and now is not None and now < before:
            start = index
    return told[start:]


def _series(
    label: str,
    told: Sequence[Step],
    value: Callable[[Step], float | None],
    *,
    whole_epochs: bool = False,
) -> tuple[Series, ...]:
    points = [(_position(step, whole_epochs), value(step)) for step in told]
    kept = [(x, y) for x, y in points if x is not None and y is not None]
    if len(kept) < 2:
        return ()
    thinned = kept[:: -(-len(kept) // MAX_POINTS)]
    return (Series(label=label, x=tuple(x for x, _ in thinned), y=tuple(y for _, y in thinned)),)


def _position(step: Step, whole_epochs: bool) -> float | None:
    if step.epoch is None:
        return None
    if whole_epochs or step.iteration is None or not step.iterations:
        return float(step.epoch)
    return step.epoch - 1 + step.iteration / step.iterations
