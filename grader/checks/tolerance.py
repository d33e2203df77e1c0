"""Compares arrays relative to the reference's own scale, and says how they differ."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from grader.checks import describe

Numbers = NDArray[np.float64]

BY_DTYPE = {"float16": 5e-3, "float32": 1e-4}
"""How far a result computed in that type may be off, relative to the scale. The type is the
notebook's claim: a coarser one would hide results that are rounded to whole numbers."""


def numbers(array: NDArray[np.generic] | None) -> Numbers | None:
    """Booleans, integers and floats as float64; None for anything else."""
    if array is None or array.dtype.kind not in "biuf":
        return None
    with np.errstate(all="ignore"):
        return array.astype(np.float64)


def read(tensors: Mapping[str, NDArray[np.generic]], key: str | None) -> Numbers | None:
    """The array under the key as float64; None where it is missing or holds no numbers."""
    return None if key is None else numbers(tensors.get(key))


def finite(array: Numbers) -> bool:
    """There is at least one number, and all are finite."""
    return array.size > 0 and bool(np.isfinite(array).all())


def largest(array: Numbers) -> float:
    """Largest magnitude; 0 where there is no number."""
    return float(np.abs(array).max(initial=0.0))


def difference(
    found: Numbers | None, expected: Numbers, scale: float, tolerance: float
) -> str | None:
    """How `found` differs from `expected`, in words; None where they agree.

    They agree where shapes are equal, all is finite, and no element is further off than
    ``tolerance * scale``.
    """
    if found is None:
        return "it is no array of numbers"
    if found.shape != expected.shape:
        wanted = describe.shape(expected.shape)
        return f"its shape is {describe.shape(found.shape)}, {wanted} was expected"
    odd = ~np.isfinite(found)
    if odd.any():
        return f"it holds {_at(found, odd)}"
    with np.errstate(all="ignore"):
        gaps = np.abs(found - expected)
    wrong = ~(gaps <= tolerance * scale)
    if not wrong.any():
        return None
    return (
        f"it holds {_at(found, wrong)} where {_value(expected, wrong)} was expected; "
        f"{describe.count(int(wrong.sum()))} of {describe.count(found.size)} numbers are off, "
        f"by up to {_relative(float(gaps.max()), scale)}"
    )


def _first(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(mask)[0])


def _at(array: Numbers, mask: NDArray[np.bool_]) -> str:
    position = _first(mask)
    where = f" at {describe.index(position)}" if position else ""
    return describe.number(float(array[position])) + where


def _value(array: Numbers, mask: NDArray[np.bool_]) -> str:
    return describe.number(float(array[_first(mask)]))


def _relative(gap: float, scale: float) -> str:
    if scale <= 0:
        return describe.number(gap)
    share = gap / scale
    if share > 10:
        return f"{describe.number(float(f'{share:.2g}'))} times the expected range"
    return f"{100 * share:.3g} % of the expected range"
