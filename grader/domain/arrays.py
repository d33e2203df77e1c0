"""What an array must be to cross the wall, or to be read back from a stored run."""

from collections.abc import Mapping
from math import prod

import numpy as np
from numpy.typing import NDArray

MAX_ARRAYS = 4096
"""Of one answer."""
MAX_DIMENSIONS = 8
MAX_EXTENT = 2**24
"""Product of the dimensions of an array without elements, its zeros left out: a sum along one of
them makes as many numbers out of nothing."""


def objection(arrays: Mapping[str, NDArray[np.generic]]) -> str | None:
    """Why these arrays cannot be an answer's; None where they can."""
    if len(arrays) > MAX_ARRAYS:
        return f"found {len(arrays)} arrays, at most {MAX_ARRAYS} may come"
    return next(
        (
            f"array {name[:100]!r} {wrong}"
            for name, array in arrays.items()
            if (wrong := _wrong(array)) is not None
        ),
        None,
    )


def _wrong(array: NDArray[np.generic]) -> str | None:
    if array.ndim > MAX_DIMENSIONS or array.dtype.kind not in "bif":
        return (
            f"has {array.ndim} dimensions of type {array.dtype}, expected at most "
            f"{MAX_DIMENSIONS} of bool, int or float"
        )
    if array.size == 0 and prod(size for size in array.shape if size) > MAX_EXTENT:
        return f"has no elements and the shape {array.shape}, expected at most {MAX_EXTENT} rows"
    return None
