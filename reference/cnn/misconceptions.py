"""Named mistakes in the exercise's networks: what stands in the reference's place.

An architecture is built from a `Design`, so that a mistake is one changed field.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import nn

from grader.checks.misconception import Misconception
from grader.checks.model import Shapes
from reference.cnn.models import CLASSES

SIDE = 28


@dataclass(frozen=True)
class Design:
    """A network of convolutions, each with activation and pooling, and of dense layers.

    Attributes:
        filters: of each convolution; none: the images come flattened.
        dense: outputs of each dense layer.
        activation: makes the activation, which follows every layer but the last.
        bias: whether layers have one.
        kernel: side of the filters.
        padding: of each convolution; None: what keeps the size.
        pool: makes the pooling after each convolution.
        linear: layers without activation, counted from 0 over convolutions and dense ones.
        end: makes what follows the last layer.
    """

    filters: tuple[int, ...]
    dense: tuple[int, ...]
    activation: Callable[[], nn.Module] = nn.ReLU
    bias: bool = True
    kernel: int = 3
    padding: tuple[int, ...] | None = None
    pool: Callable[[], nn.Module] = lambda: nn.MaxPool2d(2)
    linear: tuple[int, ...] = ()
    end: Callable[[], nn.Module] | None = None

    def build(self) -> nn.Sequential:
        """The network. Raises ValueError where a layer would get no input."""
        layers: list[nn.Module] = []
        channels, side = 1, SIDE
        for number, filters in enumerate(self.filters):
            padding = self.kernel // 2 if self.padding is None else self.padding[number]
            layers.append(
                nn.Conv2d(channels, filters, self.kernel, padding=padding, bias=self.bias)
            )
            layers += [*self._activation(number), self.pool()]
            channels, side = filters, (side + 2 * padding - self.kernel + 1) // 2
        layers.append(nn.Flatten())
        features = channels * side * side
        if features < 1:
            raise ValueError(f"{self}: nothing is left of the image before the dense layers")
        for number, outputs in enumerate(self.dense, start=len(self.filters)):
            layers.append(nn.Linear(features, outputs, bias=self.bias))
            if number < len(self.filters) + len(self.dense) - 1:
                layers += self._activation(number)
            features = outputs
        return nn.Sequential(*layers, *([self.end()] if self.end else []))

    def _activation(self, number: int) -> list[nn.Module]:
        return [] if number in self.linear else [self.activation()]


FC = Design(filters=(), dense=(512, 256, 128, CLASSES))
LENET = Design(filters=(6, 16), dense=(120, 84, CLASSES))

DesignFor = Callable[[Shapes], Design]


def filters_of(shapes: Shapes) -> tuple[int, int, int]:
    """Filters of the convolutions among the shapes; the usual ones where there are not three."""
    found = tuple(shape[0] for shape in shapes if len(shape) == 4)
    return (found[0], found[1], found[2]) if len(found) == 3 else (16, 32, 64)


def cnn(shapes: Shapes) -> Design:
    """The exercise's third network with the student's filters."""
    return Design(filters=filters_of(shapes), dense=(128, CLASSES))


def _as_student(design: DesignFor, shapes: Shapes) -> Design:
    """The design's layers in the student's sizes.

    Raises:
        ValueError: the student has another number of convolutions or of dense layers.
    """
    asked = design(shapes)
    filters = tuple(shape[0] for shape in shapes if len(shape) == 4)
    dense = tuple(shape[0] for shape in shapes if len(shape) == 2)
    found, wanted = (len(filters), len(dense)), (len(asked.filters), len(asked.dense))
    if found != wanted:
        raise ValueError(f"(convolutions, dense layers): found {found}, expected {wanted}")
    return Design(filters=filters, dense=dense)


def _mistake(
    id_: str, share: float, sentence: str, design: DesignFor, **changes: object
) -> Misconception:
    def build(shapes: Shapes) -> nn.Module:
        return replace(design(shapes), **changes).build()  # type: ignore[arg-type]  # fields by name

    return Misconception(id=id_, share=share, sentence=sentence, build=build)


def everywhere(design: DesignFor, layers: int) -> tuple[Misconception, ...]:
    """Mistakes that any network of `layers` layers can have."""
    return (
        _mistake("no_bias", 0.5, "Its layers have no bias.", design, bias=False),
        _mistake(
            "sigmoid",
            0.5,
            "It uses the sigmoid where ReLU was asked for.",
            design,
            activation=nn.Sigmoid,
        ),
        _mistake("tanh", 0.5, "It uses tanh where ReLU was asked for.", design, activation=nn.Tanh),
        _mistake(
            "relu_at_the_end",
            0.5,
            "A ReLU follows the last layer, so no logit can be negative.",
            design,
            end=nn.ReLU,
        ),
        _mistake(
            "softmax_at_the_end",
            0.5,
            "A softmax follows the last layer; the loss expects logits and applies its own.",
            design,
            end=lambda: nn.Softmax(dim=1),
        ),
        _mistake(
            "log_softmax_at_the_end",
            0.5,
            "A log-softmax follows the last layer; the loss expects logits and applies its own.",
            design,
            end=lambda: nn.LogSoftmax(dim=1),
        ),
        *(
            _mistake(
                "activation_missing",
                0.5,
                f"No activation follows its layer {number + 1}, so two layers act as one.",
                design,
                linear=(number,),
            )
            for number in range(layers - 1)
        ),
        _mistake(
            "no_activation",
            0.25,
            "It has no activation between its layers, so that all of them act as one.",
            design,
            linear=tuple(range(layers)),
        ),
        _mistake(
            "other_sizes",
            0.25,
            "Its layers are of the right kind, but of other sizes: see the table of layers.",
            lambda shapes: _as_student(design, shapes),
        ),
    )


def of_convolutions(
    design: DesignFor, convolutions: int, paddings: tuple[tuple[int, ...] | None, ...]
) -> tuple[Misconception, ...]:
    """Mistakes in how a network convolves and pools; `paddings` are those tried with 5 by 5."""
    none = (0,) * convolutions
    return (
        *(
            _mistake(
                "five_by_five",
                0.5,
                "It uses filters of 5 by 5 pixels; the figure shows 3 by 3.",
                design,
                kernel=5,
                padding=padding,
            )
            for padding in paddings
        ),
        _mistake(
            "no_padding",
            0.5,
            "Its convolutions do not pad, so that the image shrinks by two pixels at each.",
            design,
            padding=none,
        ),
        _mistake(
            "average_pooling",
            0.5,
            "It pools by the average where the maximum was asked for.",
            design,
            pool=lambda: nn.AvgPool2d(2),
        ),
    )


IN_FC = everywhere(lambda _: FC, layers=4)
IN_LENET = (
    *everywhere(lambda _: LENET, layers=5),
    *of_convolutions(lambda _: LENET, 2, (None, (0, 0), (2, 0))),
)
IN_CNN = (*everywhere(cnn, layers=5), *of_convolutions(cnn, 3, (None,)))
