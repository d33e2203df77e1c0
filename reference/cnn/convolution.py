"""Convolution in one dimension, and the filters and the threshold of the exercise's last part."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.floating[Any] | np.integer[Any]]

SOBEL: tuple[NDArray[np.float64], NDArray[np.float64]] = (
    np.array([[-1.0, -2.0, -1.0], [0.0, 0.0, 0.0], [1.0, 2.0, 1.0]]),
    np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]),
)
"""Derivative from top to bottom, and its transpose: from left to right."""


def pad_1d(x: Real, filter_size: int) -> NDArray[np.float64]:
    """`x`, shape (n,), with ``filter_size // 2`` zeros on each side."""
    border = np.zeros(filter_size // 2)
    return np.concatenate([border, x, border])


def convolve_1d(x: Real, h: Real) -> NDArray[np.float64]:
    """``y[i] = Σ_m x[m] h[i - m]`` with `h` centred, as long as `x`.

    Equals ``numpy.convolve(x, h, mode="same")``; with an even filter the centre is the first tap
    right of the middle, which is what padding by half the filter's size gives.

    Args:
        x: shape (n,).
        h: shape (k,), 1 <= k <= n.

    Raises:
        ValueError: a shape is not that.
    """
    if x.ndim != 1 or h.ndim != 1 or not 1 <= h.size <= x.size:
        raise ValueError(f"found x {x.shape}, h {h.shape}; expected (n,), (k,) with 1 <= k <= n")
    padded, flipped = pad_1d(x, h.size), h[::-1]
    return np.array([padded[i : i + h.size] @ flipped for i in range(x.size)], dtype=np.float64)


def gaussian_filter(sigma: float, size: int) -> NDArray[np.float64]:
    """Gaussian over [-1, 1]² sampled at `size` points a side: shape (size, size), sums to 1.

    Raises:
        ValueError: sigma is not positive, or size is below 1.
    """
    if sigma <= 0 or size < 1:
        raise ValueError(f"found sigma {sigma}, size {size}; expected sigma > 0 and size >= 1")
    bell = np.exp(-0.5 * (np.linspace(-1, 1, size) / sigma) ** 2)
    weights = np.outer(bell, bell)
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def threshold_at_mean(result: Real) -> NDArray[np.float64]:
    """1 where `result` lies above its mean, else 0; same shape."""
    return np.where(result > result.mean(), 1.0, 0.0)
