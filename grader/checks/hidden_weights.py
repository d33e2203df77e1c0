"""Weights that no student chose: what a model computes with them is what it computes."""

import numpy as np

from grader.checks.weights import Values, Weights

BIAS = 0.1
"""Standard deviation of parameters of one dimension."""


def hidden_weights(like: Weights, seed: int) -> Weights:
    """Other values of the same shapes.

    The j-th parameter in the order of use is normal, drawn by ``PCG64([seed, j])``, with standard
    deviation sqrt(2 / fan_in), where fan_in is the product of all sizes but the first (He et al.,
    2015, arXiv 1502.01852): outputs then neither vanish nor grow from layer to layer. The guest's
    `inside_hidden` draws the same.
    """
    return Weights(tuple(_draw(shape, seed, j) for j, shape in enumerate(like.shapes)))


def _draw(shape: tuple[int, ...], seed: int, j: int) -> Values:
    std = BIAS if len(shape) < 2 else (2 / max(1, int(np.prod(shape[1:])))) ** 0.5
    normal = np.random.Generator(np.random.PCG64([seed, j])).standard_normal(shape)
    return np.asarray(std * normal, dtype=np.float32)
