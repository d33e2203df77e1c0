"""Puts a student's weights into an architecture of ours, by order of use and by shape."""

import hashlib
import inspect
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from grader.checks.model import Shapes
from grader.domain.evidence import ModuleAnswer, Tensors

Values = NDArray[np.float32]

MAX_WIDTH = 2**23
"""Numbers that one layer may give for one image: 10,000 filters."""
MAX_WORK = 2 * 10**9
"""Multiplications for one image, by `Weights.work`; filters (128, 256, 512) need 1.2e9."""
MAX_BATCH = 2**24
_PIXELS = 28 * 28
_TORCH = str(torch.__version__).split(".", maxsplit=1)[0]


@dataclass(frozen=True)
class Weights:
    """The parameters that a forward pass uses, float32, in the order in which it uses them."""

    values: tuple[Values, ...]

    @property
    def shapes(self) -> Shapes:
        """Shapes of the values."""
        return tuple(value.shape for value in self.values)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all shapes and bytes."""
        content = hashlib.sha256()
        for value in self.values:
            content.update(repr(value.shape).encode())
            content.update(value.tobytes())
        return content.hexdigest()

    @property
    def elements(self) -> int:
        """Numbers in all values together."""
        return sum(value.size for value in self.values)

    @property
    def widest(self) -> int:
        """Upper bound of the numbers that one layer gives for one image of the exercise."""
        return max((v.shape[0] * _area(v) if v.ndim else 1 for v in self.values), default=1)

    @property
    def work(self) -> int:
        """Upper bound of the multiplications for one image of the exercise."""
        return sum(value.size * _area(value) for value in self.values)

    @property
    def bearable(self) -> bool:
        """Within what we compute: hostile sizes must not cost us memory or minutes."""
        return self.widest <= MAX_WIDTH and self.work <= MAX_WORK

    @property
    def batch(self) -> int:
        """How many images to compute at once, so that no layer's output takes over 64 MiB."""
        return max(1, min(1000, MAX_BATCH // self.widest))

    @property
    def finite(self) -> bool:
        """No NaN and no infinity."""
        return all(bool(np.isfinite(value).all()) for value in self.values)


@dataclass(frozen=True)
class Loaded:
    """An architecture of ours with a student's weights in it, in eval mode."""

    module: nn.Module
    weights: Weights

    def run(self, images: Values) -> Values | None:
        """The output, computed in batches; None where its layers' sizes do not follow."""
        size = self.weights.batch
        batches = [images[start : start + size] for start in range(0, len(images), size)]
        try:
            with torch.inference_mode():
                return np.concatenate([self.module(torch.tensor(x)).numpy() for x in batches])
        except RuntimeError:
            return None

    @property
    def digest(self) -> str:
        """SHA-256 of everything that an output depends on: architecture, weights and torch."""
        parts = (
            _source(cast("Hashable", type(self.module))),
            repr(self.module),
            self.weights.digest,
            _TORCH,
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def weights_of(answer: ModuleAnswer, tensors: Tensors) -> Weights | None:
    """The used parameters; None where one of them did not come as an array of floats."""
    values: list[Values] = []
    for parameter in answer.parameters:
        if not parameter.used:
            continue
        array = None if parameter.key is None else tensors.get(parameter.key)
        if array is None or array.dtype.kind != "f" or array.size == 0:
            return None
        with np.errstate(all="ignore"):
            values.append(np.ascontiguousarray(array, dtype=np.float32).reshape(array.shape))
    return Weights(tuple(values))


def place(weights: Weights, build: Callable[[Shapes], nn.Module]) -> Loaded | None:
    """The architecture with the student's weights in it; None where they do not fit.

    The k-th parameter of a shape goes where the architecture uses its k-th parameter of that
    shape. Where none is left of a shape, one that differs only by sizes of 1 is taken, or a
    transposed matrix. All used weights must find a place. The architecture is built without memory
    (on torch's ``meta`` device), so that hostile shapes cost nothing.
    """
    try:
        with torch.device("meta"):
            module = build(weights.shapes)
    except (RuntimeError, ValueError, TypeError, IndexError, OverflowError):
        return None  # shapes that the architecture cannot have
    wanted = {name: tuple(value.shape) for name, value in module.named_parameters()}
    state = _assign(list(weights.values), wanted)
    if state is None:
        return None
    module.load_state_dict(
        {name: torch.tensor(value) for name, value in state.items()}, assign=True
    )
    return Loaded(module.eval(), weights)


@cache
def _source(kind: Hashable) -> str:
    return inspect.getsource(cast("type", kind))


def _area(value: Values) -> int:
    """Positions at which a parameter is applied: each pixel for filters, once for matrices."""
    return _PIXELS if value.ndim == 4 else 1


def _assign(
    values: list[Values], wanted: Mapping[str, tuple[int, ...]]
) -> dict[str, Values] | None:
    state: dict[str, Values] = {}
    for name, shape in wanted.items():
        chosen = _choose(values, shape)
        if chosen is None:
            return None
        value = values.pop(chosen)
        state[name] = value.reshape(shape) if _core(value.shape) == _core(shape) else value.T
    return None if values else state


def _choose(values: list[Values], shape: tuple[int, ...]) -> int | None:
    fits = (
        lambda value: value.shape == shape,
        lambda value: _core(value.shape) == _core(shape),
        lambda value: len(shape) == 2 and value.shape == shape[::-1],
    )
    for fit in fits:
        for position, value in enumerate(values):
            if fit(value):
                return position
    return None


def _core(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)
