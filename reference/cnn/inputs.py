"""What the checks of the exercise's last part call and compare with."""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.signal import convolve2d

from grader.checks.calls import Arguments, Group
from reference.cnn.convolution import SOBEL, threshold_at_mean

IMAGES = Path(__file__).parent / "files" / "img"
LOGOS = ("new_logo.png", "old_logo.png")
UNDECIDED = 1e-9
"""Numbers this close to the mean, relative to the largest, lie on it up to rounding."""

SHEET_X = np.array([2] * 7 + [10] * 5 + [1] * 8 + [5] * 5)
SHEET_H = np.array([-1, 0, 1])


def convolutions(rng: np.random.Generator) -> tuple[Group, ...]:
    """Signals and filters of every kind that the exercise allows: len(h) <= len(x).

    Odd filters, which the exercise shows, count most; filters with an integer signal show whether
    results are cut to integers.
    """

    def pair(length: int, size: int, integers: bool = False) -> Arguments:
        if integers:
            return rng.integers(-9, 10, length), rng.integers(-9, 10, size)
        return rng.normal(0, 3, length), rng.normal(0, 3, size)

    def length() -> int:
        return int(rng.integers(14, 40))

    mixed = tuple((rng.integers(-9, 10, length()), rng.normal(0, 3, size)) for size in (3, 5))
    return (
        Group(id="sheet", title="the sheet's x and h", calls=((SHEET_X, SHEET_H),), share=0),
        Group(
            id="odd",
            title="filters of odd length",
            calls=(pair(length(), 3), pair(length(), 5, integers=True), pair(12, 7), pair(13, 9)),
            share=5,
        ),
        Group(
            id="even",
            title="filters of even length",
            calls=(pair(length(), 2), pair(length(), 4, integers=True), pair(12, 6), pair(13, 8)),
            share=2,
        ),
        Group(id="one", title="a filter of one number", calls=(pair(length(), 1),), share=1),
        Group(
            id="full",
            title="a filter as long as the signal",
            calls=(pair(9, 9), pair(8, 8)),
            share=1,
        ),
        Group(id="mixed", title="whole numbers filtered with fractions", calls=mixed, share=1),
    )


@cache
def filtered_logos() -> tuple[NDArray[np.float64], ...]:
    """`result` as the notebook leaves it: each logo, convolved with the last Sobel filter."""
    return tuple(
        np.asarray(convolve2d(_brightness(IMAGES / name), SOBEL[-1], mode="same"), np.float64)
        for name in LOGOS
        if (IMAGES / name).is_file()
    )


def threshold(result: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 above the mean, else 0; NaN where rounding decides."""
    margin = UNDECIDED * np.abs(result).max(initial=0)
    close = np.abs(result - result.mean()) <= margin
    return np.where(close, np.nan, threshold_at_mean(result))


def _brightness(path: Path) -> NDArray[np.float64]:
    with Image.open(path) as image:
        return np.asarray(image.convert("L"), dtype=np.float64) / 255
