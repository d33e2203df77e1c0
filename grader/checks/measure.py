"""Measures how accurate one of our modules is with a student's weights; remembers it by content."""

import hashlib
import inspect
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from grader.checks.weights import Loaded
from grader.domain.check import Lab

CLASSES = 10


@dataclass(frozen=True)
class Measured:
    """What a model reached.

    Attributes:
        accuracy: share of images whose largest output is that of their class.
        confusion: counts, row = true class, column = predicted class.
    """

    accuracy: float
    confusion: tuple[tuple[int, ...], ...]

    @property
    def images(self) -> int:
        """How many images it was measured on."""
        return sum(map(sum, self.confusion))


def measure(loaded: Loaded, flat: bool, lab: Lab, dataset: str) -> Measured:
    """Run an architecture with a student's weights over a data set of ours, or look it up.

    Images are scaled to [0, 1] as float32, which is what torchvision's ToTensor gives.

    Raises:
        DataError: the data set is missing or altered.
    """
    data = lab.dataset(dataset)
    key = _key(loaded, data.digest, flat)
    known = lab.memo.get(key)
    if known is None:
        predicted = _predict(loaded, data.images, flat)
        known = {"confusion": _confusion(data.labels, predicted)}
        lab.memo.put(key, known)
    confusion = tuple(tuple(int(n) for n in row) for row in known["confusion"])
    right = sum(row[index] for index, row in enumerate(confusion))
    return Measured(right / sum(map(sum, confusion)), confusion)


def _predict(loaded: Loaded, images: NDArray[np.uint8], flat: bool) -> NDArray[np.int64]:
    """Class of the largest output, int64 (n,); 0 where an output holds NaN."""
    parts = []
    for start in range(0, len(images), 1000):
        pixels = images[start : start + 1000].astype(np.float32) / np.float32(255)
        shaped = pixels.reshape(len(pixels), -1) if flat else pixels[:, None]
        output = loaded.run(shaped)
        if output is None:
            raise ValueError(f"{type(loaded.module).__name__} does not take {shaped.shape} images")
        parts.append(np.nan_to_num(output).argmax(axis=1))
    return np.concatenate(parts)


def _confusion(labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> list[list[int]]:
    counts = np.zeros((CLASSES, CLASSES), dtype=np.int64)
    np.add.at(counts, (labels, np.minimum(predicted, CLASSES - 1)), 1)
    rows: list[list[int]] = counts.tolist()
    return rows


def _key(loaded: Loaded, data: str, flat: bool) -> str:
    """Everything that the result depends on: architecture, weights, data and torch."""
    module = loaded.module
    source = inspect.getsource(type(module))
    torch_major = str(torch.__version__).split(".", maxsplit=1)[0]
    parts = (source, repr(module), loaded.weights.digest, data, str(flat), torch_major)
    return "accuracy-" + hashlib.sha256("\n".join(parts).encode()).hexdigest()
