"""Weights that no student chose: what a model computes with them is what it computes."""

import numpy as np

from grader.checks.weights import Values, Weights

BIAS = 0.1
"""Standard deviation of parameters of one dimension."""
LOW = 3.0
"""Taken from every second number of the last bias: outputs spread by less than 1 around it, so
that these are negative, and a ReLU at the end cannot hide."""


def hidden_weights(like: Weights, seed: int) -> Weights:
    """Other values of the same shapes.

    The j-th parameter in the order of use is normal, drawn by ``PCG64([seed, j])``, with standard
    deviation sqrt(2 / fan_in), where fan_in is the product of all sizes but the first (He et al.,
    2015, arXiv 1502.01852): outputs then neither vanish nor grow from layer to layer. The last
    parameter of one dimension is `LOW` less at even positions. The guest's `inside_hidden` draws
    the same.
    """
    shapes = like.shapes
    last = max((j for j, shape in enumerate(shapes) if len(shape) == 1), default=-1)
    return Weights(
        tuple(_draw(shape, seed, j, low=LOW * (j == last)) for j, shape in enumerate(shapes))
    )


def _draw(shape: tuple[int, ...], seed: int, j: int, *, low: float) -> Values:
    std = BIAS if len(shape) < 2 else (2 / max(1, int(np.prod(shape[1:])))) ** 0.5
    values = std * np.random.Generator(np.random.PCG64([seed, j])).standard_normal(shape)
    if low:
        values[::2] -= low
    return np.asarray(values, dtype=np.float32)
