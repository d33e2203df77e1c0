"""Measures how accurate one of our modules is with a student's weights; remembers it by content."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.checks.weights import Loaded
from grader.domain.check import Case, Labelled

CLASSES = 10
STEP = 1000
HOPELESS = 0.5
"""Below this on the first step, a model is measured no further: it has hardly been trained, and
whether it reaches 10 or 11 % is worth nobody's time."""


@dataclass(frozen=True)
class Measured:
    """What a model reached.

    Attributes:
        accuracy: share of images whose largest output is that of their class.
        confusion: counts, row = true class, column = predicted class.
        available: how many images the data set has.
    """

    accuracy: float
    confusion: tuple[tuple[int, ...], ...]
    available: int

    @property
    def images(self) -> int:
        """How many images it was measured on."""
        return sum(map(sum, self.confusion))


def measure(loaded: Loaded, flat: bool, case: Case, dataset: str) -> Measured:
    """Run an architecture with a student's weights over a data set of ours, or look it up.

    Images are scaled to [0, 1] as float32, which is what torchvision's ToTensor gives. A model that
    gets most of the first images wrong is measured on these alone.

    Raises:
        DataError: the data set is missing or altered.
    """
    data = case.dataset(dataset)
    key = _key(loaded, data.digest, flat)
    counts = _recalled(case.lab.memo.get(key), len(data.images))
    if counts is None:
        counts = _confusion(loaded, data, flat)
        case.lab.memo.put(key, {"confusion": counts})
    confusion = tuple(map(tuple, counts))
    right = sum(row[index] for index, row in enumerate(confusion))
    return Measured(right / sum(map(sum, confusion)), confusion, len(data.images))


def _recalled(known: Mapping[str, Any] | None, images: int) -> list[list[int]] | None:
    """The counts that were kept; None: nothing was, or a memo that was altered holds no counts."""
    try:
        counts = np.array(known and known.get("confusion"))
    except ValueError:  # rows of different lengths
        return None
    if counts.shape != (CLASSES, CLASSES) or counts.dtype != np.int64:
        return None
    if counts.min() < 0 or counts.max() > images or not 0 < counts.sum() <= images:
        return None
    rows: list[list[int]] = counts.tolist()
    return rows


def _confusion(loaded: Loaded, data: Labelled, flat: bool) -> list[list[int]]:
    counts = np.zeros((CLASSES, CLASSES), dtype=np.int64)
    for start in range(0, len(data.images), STEP):
        part = slice(start, start + STEP)
        predicted = _predict(loaded, data.images[part], flat)
        np.add.at(counts, (data.labels[part], np.minimum(predicted, CLASSES - 1)), 1)
        if start == 0 and np.trace(counts) < HOPELESS * counts.sum():
            break
    rows: list[list[int]] = counts.tolist()
    return rows


def _predict(loaded: Loaded, images: NDArray[np.uint8], flat: bool) -> NDArray[np.int64]:
    """Class of the largest output, int64 (n,); NaN counts as 0."""
    pixels = images.astype(np.float32) / np.float32(255)
    shaped = pixels.reshape(len(pixels), -1) if flat else pixels[:, None]
    output = loaded.run(shaped)
    if output is None:
        raise ValueError(f"{type(loaded.module).__name__} does not take {shaped.shape} images")
    return np.asarray(np.nan_to_num(output).argmax(axis=1), dtype=np.int64)


def _key(loaded: Loaded, data: str, flat: bool) -> str:
    content = f"{loaded.digest} {data} {flat}"
    return "accuracy-" + hashlib.sha256(content.encode()).hexdigest()
