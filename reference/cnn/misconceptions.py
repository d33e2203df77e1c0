"""Named mistakes in the exercise's networks: what stands in the reference's place."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations, pairwise

from grader.checks.misconception import Misconception
from grader.checks.model import Shapes
from reference.cnn import designs
from reference.cnn.designs import Design, Follower
from reference.cnn.misconceptions_images import of_convolutions
from reference.cnn.mistaken import Change, DesignFor, mistake


def _follower(kind: Follower, places: Iterable[int] | None = None) -> Change:
    """Something else after the layers of these numbers; None: after all but the last."""

    def change(design: Design, _: Shapes) -> Design:
        found = list(design.followers)
        for place in range(design.layers - 1) if places is None else places:
            if place >= design.layers - 1:
                raise ValueError(f"place {place}: found {design.layers} layers, expected more")
            found[place] = kind
        return replace(design, followers=tuple(found))

    return change


def _end(kind: Follower) -> Change:
    return lambda design, _: replace(design, followers=(*design.followers[:-1], kind))


def _no_bias(design: Design, _: Shapes) -> Design:
    return replace(design, biases=(False,) * design.layers)


def _some_biases_missing(design: Design, shapes: Shapes) -> Design:
    """A layer has a bias where a vector of its width comes between its weights and the next."""
    starts = [place for place, shape in enumerate(shapes) if len(shape) > 1]
    if len(starts) != design.layers:
        raise ValueError(f"weights: found {len(starts)}, expected {design.layers}")
    biases = tuple(
        any(len(shape) == 1 for shape in shapes[start:stop])
        for start, stop in zip(starts, (*starts[1:], len(shapes)), strict=True)
    )
    if all(biases) or not any(biases):
        raise ValueError("all layers or none have a bias, expected some")
    return replace(design, biases=biases)


def _as_student(design: Design, shapes: Shapes) -> Design:
    """As many layers as the student's, in the student's sizes, all of them of the usual kind."""
    filters = tuple(shape[0] for shape in shapes if len(shape) == 4)
    dense = _outputs(shapes)
    if bool(filters) != bool(design.convolutions) or not dense:
        raise ValueError(f"found {filters} filters and {dense} outputs, expected some of both")
    return designs.network(filters, dense)


def _outputs(shapes: Shapes) -> tuple[int, ...]:
    """Of the dense layers, whose matrices may all be transposed; a row is a bias."""
    matrices = [shape for shape in shapes if len(shape) == 2 and shape[0] > 1]
    transposed = any(after[1] != before[0] for before, after in pairwise(matrices))
    return tuple(shape[1 if transposed else 0] for shape in matrices)


def _other_sizes(design: Design, shapes: Shapes) -> Design:
    found = _as_student(design, shapes)
    if _more(found, design) != (0, 0) or found == design:
        raise ValueError(f"found {found}, expected the layers of {design} in other sizes")
    return found


def _layer_missing(design: Design, shapes: Shapes) -> Design:
    found = _as_student(design, shapes)
    if max(more := _more(found, design)) > 0 or min(more) == 0:
        raise ValueError(f"found {found.layers} layers, expected fewer than {design.layers}")
    return found


def _layer_extra(design: Design, shapes: Shapes) -> Design:
    found = _as_student(design, shapes)
    if min(more := _more(found, design)) < 0 or max(more) == 0:
        raise ValueError(f"found {found.layers} layers, expected more than {design.layers}")
    return found


def _more(found: Design, asked: Design) -> tuple[int, int]:
    """How many more convolutions and dense layers there are than asked for."""
    more = len(found.convolutions) - len(asked.convolutions)
    return more, len(found.dense) - len(asked.dense)


_SQUASHING: tuple[tuple[Follower, str], ...] = (("sigmoid", "the sigmoid"), ("tanh", "tanh"))
_OTHERS: tuple[tuple[Follower, str], ...] = (
    ("leaky_relu", "leaky ReLU"),
    ("gelu", "GELU"),
    ("elu", "ELU"),
    ("silu", "SiLU"),
)


def _places(count: int) -> Iterator[tuple[int, ...]]:
    """Some of the numbers below `count`, but not all: one, two, and so on."""
    for size in range(1, count):
        yield from combinations(range(count), size)


def _layers(places: tuple[int, ...]) -> str:
    """``layer 2``, ``layers 2 and 3``."""
    numbers = [str(place + 1) for place in places]
    if len(numbers) == 1:
        return f"layer {numbers[0]}"
    return f"layers {', '.join(numbers[:-1])} and {numbers[-1]}"


def everywhere(design: DesignFor, layers: int) -> tuple[Misconception, ...]:
    """Mistakes that any network of `layers` layers can have."""
    return (
        *_in_parameters(design),
        *_in_activations(design, layers - 1),
        *_at_the_end(design),
    )


def _in_parameters(design: DesignFor) -> Iterator[Misconception]:
    for change, told in (
        (
            _no_bias,
            ("no_bias", 0.5, "Its layers have no bias.", "built layers without bias"),
        ),
        (
            _some_biases_missing,
            (
                "some_biases_missing",
                0.75,
                "Some of its layers have no bias: see the table of layers.",
                "built some layers without bias",
            ),
        ),
        (
            _other_sizes,
            (
                "other_sizes",
                0.25,
                "Its layers are of the right kind, but of other sizes: see the table of layers.",
                "built layers of other sizes",
            ),
        ),
        (
            _layer_missing,
            (
                "layer_missing",
                0.25,
                "It has fewer layers than the figure: see the table of layers.",
                "built fewer layers than the figure shows",
            ),
        ),
        (
            _layer_extra,
            (
                "layer_extra",
                0.25,
                "It has more layers than the figure: see the table of layers.",
                "built more layers than the figure shows",
            ),
        ),
    ):
        yield mistake(design, change, told, combines=True)


def _in_activations(design: DesignFor, count: int) -> Iterator[Misconception]:
    """`count`: how many activations there are."""
    for kind, name in _SQUASHING:
        sentence = f"It uses {name} where ReLU was asked for."
        everywhere = (kind, 0.5, sentence, f"used {name} instead of ReLU")
        yield mistake(design, _follower(kind), everywhere, combines=True)
    none = (
        "no_activation",
        0.25,
        "It has no activation between its layers, so that all of them act as one.",
        "put no activation between layers",
    )
    yield mistake(design, _follower("nothing"), none, combines=True)
    for places in _places(count):
        sentence = f"No activation follows its {_layers(places)}, so that layers act as one."
        missing = ("activation_missing", 0.5, sentence, "left out an activation")
        yield mistake(design, _follower("nothing", places), missing, combines=len(places) == 1)
    for kind, name in _OTHERS:
        sentence = f"It uses {name} where ReLU was asked for."
        other = ("other_activation", 0.75, sentence, "used another activation than ReLU")
        yield mistake(design, _follower(kind), other)
    for kind, name in _SQUASHING:
        for places in _places(count):
            sentence = f"It uses {name} after its {_layers(places)}, where ReLU was asked for."
            some = (f"{kind}_somewhere", 0.5, sentence, f"used {name} after some of the layers")
            yield mistake(design, _follower(kind, places), some)


def _at_the_end(design: DesignFor) -> Iterator[Misconception]:
    both = "follows the last layer; the loss expects logits and applies its own."
    kinds: tuple[tuple[Follower, str, str], ...] = (
        ("relu", "A ReLU follows the last layer, so no logit can be negative.", "ReLU"),
        ("sigmoid", "A sigmoid follows the last layer; the loss expects logits.", "a sigmoid"),
        ("softmax", f"A softmax {both}", "softmax"),
        ("log_softmax", f"A log-softmax {both}", "log-softmax"),
    )
    for kind, sentence, name in kinds:
        told = (f"{kind}_at_the_end", 0.5, sentence, f"applied {name} after the last layer")
        yield mistake(design, _end(kind), told, combines=True)


def _fc(_: Shapes) -> Design:
    return designs.FC


def _lenet(_: Shapes) -> Design:
    return designs.LENET


IN_FC = everywhere(_fc, layers=4)
IN_LENET = (*everywhere(_lenet, layers=5), *of_convolutions(_lenet, 2))
IN_CNN = (*everywhere(designs.cnn, layers=5), *of_convolutions(designs.cnn, 3))
