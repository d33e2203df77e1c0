"""What the checks of the exercise's last part call and compare with."""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import convolve

from grader.checks.calls import Arguments, Group
from reference.cnn.convolution import SOBEL

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
def logos() -> tuple[NDArray[np.float64], ...]:
    """The exercise's images, as brightness from 0 to 1."""
    return tuple(_brightness(IMAGES / name) for name in LOGOS if (IMAGES / name).is_file())


@cache
def filtered_logos() -> tuple[NDArray[np.float64], ...]:
    """`result` as the notebook leaves it: each logo, convolved with the last Sobel filter."""
    return tuple(filtered(logo, SOBEL[-1]) for logo in logos())


def filtered(image: NDArray[np.float64], kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """The image, convolved; of the same shape, with zeros outside."""
    return np.asarray(convolve(image, kernel, mode="constant"), np.float64)


def logo_behind(result: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The logo that `result` was made from; None where it is none of `filtered_logos`."""
    pairs = zip(logos(), filtered_logos(), strict=True)
    return next((logo for logo, made in pairs if np.array_equal(made, result)), None)


def above(values: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """1 above the level, else 0; NaN where rounding decides."""
    margin = UNDECIDED * np.abs(values).max(initial=0)
    close = np.abs(values - level) <= margin
    return np.where(close, np.nan, np.where(values > level, 1.0, 0.0))


def threshold(result: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 above the mean, else 0; NaN where rounding decides."""
    return above(result, float(result.mean()))


def _brightness(path: Path) -> NDArray[np.float64]:
    with Image.open(path) as image:
        return np.asarray(image.convert("L"), dtype=np.float64) / 255
