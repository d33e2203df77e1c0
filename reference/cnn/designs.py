"""The exercise's networks as data, so that a mistake is a changed field and two can be combined."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

from torch import Tensor, nn

from grader.checks.model import Shapes
from reference.cnn.models import CLASSES

SIDE = 28

Follower = Literal[
    "nothing", "relu", "sigmoid", "tanh", "leaky_relu", "gelu", "elu", "silu", "softmax",
    "log_softmax",
]  # fmt: skip
"""What follows a layer."""
Pool = Literal["max", "average", "stride", "none"]
"""What halves the sides after a convolution; stride: the convolution itself, by moving by 2."""

_FOLLOWERS: dict[Follower, Callable[[], nn.Module]] = {
    "nothing": nn.Identity,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "leaky_relu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "elu": nn.ELU,
    "silu": nn.SiLU,
    "softmax": lambda: nn.Softmax(dim=1),
    "log_softmax": lambda: nn.LogSoftmax(dim=1),
}
_POOLS: dict[Pool, Callable[[], nn.Module]] = {
    "max": lambda: nn.MaxPool2d(2),
    "average": lambda: nn.AvgPool2d(2),
    "stride": nn.Identity,
    "none": nn.Identity,
}
AXES = (0, 1, 2)
"""Channels, rows, columns: the order in which pixels are flattened."""
OTHER_AXES = tuple(order for order in permutations(AXES) if order != AXES)


class Reorder(nn.Module):
    """Permutes channels, rows and columns."""

    def __init__(self, order: tuple[int, ...]) -> None:
        super().__init__()
        self.order = order

    def forward(self, maps: Tensor) -> Tensor:
        """The same numbers, any dtype, from (n, c, h, w) to (n, and these in the new order)."""
        return maps.permute(0, *(axis + 1 for axis in self.order))

    def extra_repr(self) -> str:
        """What tells two of them apart."""
        return f"{self.order}"


@dataclass(frozen=True)
class Convolution:
    """A convolution and how it is pooled.

    Attributes:
        filters: how many.
        kernel: side of the filters.
        padding: zeros on each side.
        pool: what halves the sides.
    """

    filters: int
    kernel: int = 3
    padding: int = 1
    pool: Pool = "max"

    @property
    def stride(self) -> int:
        """By how many pixels it moves."""
        return 2 if self.pool == "stride" else 1

    def side(self, side: int) -> int:
        """Side of what it gives, pooled."""
        out = (side + 2 * self.padding - self.kernel) // self.stride + 1
        return out // 2 if self.pool in {"max", "average"} else out


@dataclass(frozen=True)
class Design:
    """A network of convolutions and of dense layers after them.

    Attributes:
        convolutions: none: the images come flattened.
        dense: outputs of each dense layer.
        followers: what follows each layer, convolutions first.
        biases: whether each layer has one.
        axes: order in which the last convolution's output is flattened.
    """

    convolutions: tuple[Convolution, ...]
    dense: tuple[int, ...]
    followers: tuple[Follower, ...]
    biases: tuple[bool, ...]
    axes: tuple[int, ...] = AXES

    @property
    def layers(self) -> int:
        """How many layers have weights."""
        return len(self.convolutions) + len(self.dense)

    @property
    def shapes(self) -> Shapes:
        """Shapes of all parameters in the order of use.

        Raises:
            ValueError: nothing is left of the image before the dense layers.
        """
        channels, side, weights = 1, SIDE, list[tuple[int, ...]]()
        for one in self.convolutions:
            weights.append((one.filters, channels, one.kernel, one.kernel))
            channels, side = one.filters, one.side(side)
        if side < 1:
            raise ValueError(f"{self}: nothing is left of the image before the dense layers")
        features = channels * side * side
        for outputs in self.dense:
            weights.append((outputs, features))
            features = outputs
        both = zip(weights, self.biases, strict=True)
        return tuple(s for shape, bias in both for s in ((shape, shape[:1]) if bias else (shape,)))

    def build(self) -> nn.Sequential:
        """The network: logits, float32 (n, 10), of images. Raises ValueError as `shapes` does."""
        weights = [shape for shape in self.shapes if len(shape) > 1]
        layers: list[nn.Module] = []
        for number, (shape, bias) in enumerate(zip(weights, self.biases, strict=True)):
            if number == len(self.convolutions):
                layers += [*([Reorder(self.axes)] if self.axes != AXES else []), nn.Flatten()]
            layers += [self._layer(number, shape, bias=bias), _FOLLOWERS[self.followers[number]]()]
            if number < len(self.convolutions):
                layers.append(_POOLS[self.convolutions[number].pool]())
        return nn.Sequential(*layers)

    def _layer(self, number: int, shape: tuple[int, ...], *, bias: bool) -> nn.Module:
        if number >= len(self.convolutions):
            return nn.Linear(shape[1], shape[0], bias=bias)
        one = self.convolutions[number]
        return nn.Conv2d(
            shape[1], shape[0], one.kernel, padding=one.padding, stride=one.stride, bias=bias
        )


def network(filters: tuple[int, ...], dense: tuple[int, ...]) -> Design:
    """A network as the exercise wants it: ReLU between all layers, bias in all of them."""
    layers = len(filters) + len(dense)
    relu: Follower = "relu"
    return Design(
        convolutions=tuple(map(Convolution, filters)),
        dense=dense,
        followers=(*(relu,) * (layers - 1), "nothing"),
        biases=(True,) * layers,
    )


FC = network((), (512, 256, 128, CLASSES))
LENET = network((6, 16), (120, 84, CLASSES))


def filters_of(shapes: Shapes) -> tuple[int, int, int]:
    """Filters of the convolutions among the shapes; the usual ones where there are not three."""
    found = tuple(shape[0] for shape in shapes if len(shape) == 4)
    return (found[0], found[1], found[2]) if len(found) == 3 else (16, 32, 64)


def cnn(shapes: Shapes) -> Design:
    """The exercise's third network with the student's filters."""
    return network(filters_of(shapes), (128, CLASSES))
