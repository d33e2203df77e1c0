"""What a module gives with hidden weights in the place of its own: those prove its function."""

from collections.abc import Callable
from typing import Any

from inside_torch import kept
from inside_values import torch_or_none
from numpy import asarray, float32, ndarray, prod
from numpy.random import PCG64, Generator

_BIAS = 0.1
_LOW = 3.0


def with_hidden_weights(
    parameters: list[Any], seed: int, output: Callable[[], ndarray]
) -> ndarray | None:
    """The output with hidden values in the parameters; None where that raises.

    Args:
        parameters: those that a forward pass uses, in the order of use.
        seed: of the values; `grader.checks.hidden_weights` draws the same.
        output: runs the module.
    """
    torch = torch_or_none()
    try:
        with kept(parameters), torch.no_grad():
            shapes = [tuple(tensor.shape) for tensor in parameters]
            last = max((j for j, shape in enumerate(shapes) if len(shape) == 1), default=-1)
            for j, tensor in enumerate(parameters):
                values = _draw(shapes[j], seed, j, _LOW if j == last else 0)
                tensor.data.copy_(torch.from_numpy(values))
            return output()
    except Exception:
        return None


def _draw(shape: tuple[int, ...], seed: int, j: int, low: float) -> ndarray:
    std = _BIAS if len(shape) < 2 else (2 / max(1, int(prod(shape[1:])))) ** 0.5
    values = std * Generator(PCG64([seed, j])).standard_normal(shape)
    if low:
        values[::2] -= low
    return asarray(values, dtype=float32)
