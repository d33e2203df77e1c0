"""Where a student's layers differ from the reference's, layer by layer, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isqrt, prod

from torch import nn

from grader.checks import describe
from grader.domain.detail import Note
from grader.domain.evidence import ModuleAnswer

MAX_LAYERS = 10
"""Larger networks are not taken apart."""
_KINDS = {"Linear": 2, "Conv2d": 4}
"""Sizes that the weights of a layer have."""
_IN_WORDS = {2: "fully connected layer", 4: "convolution"}


@dataclass(frozen=True)
class _Layer:
    """A convolution or a dense layer.

    Attributes:
        name: the student's; of ours it is never shown.
        weight: shape of its weights.
        bias: whether it has one.
        used: False where the forward pass never touched it.
    """

    name: str
    weight: tuple[int, ...]
    bias: bool
    used: bool = True

    @property
    def count(self) -> int:
        """Its parameters."""
        return prod(self.weight) + self.weight[0] * self.bias


def gaps(answer: ModuleAnswer, reference: nn.Module) -> tuple[Note, ...]:
    """One note for each layer that differs, is missing, or is one too many.

    Nothing where the student's layers are no plain `Linear` and `Conv2d`: then there is no saying
    which parameter belongs to what.
    """
    theirs = _theirs(answer)
    if theirs is None:
        return ()
    ours = [
        _Layer(name, tuple(module.weight.shape), module.bias is not None)
        for name, module in reference.named_modules()
        if isinstance(module, nn.Linear | nn.Conv2d)
    ]
    if max(len(theirs), len(ours)) > MAX_LAYERS:
        return ()
    texts: list[str] = []
    for sizes in (4, 2):
        found = [layer for layer in theirs if len(layer.weight) == sizes]
        expected = [layer for layer in ours if len(layer.weight) == sizes]
        for one, other in _aligned(found, expected):
            texts += _told(one, other, ours)
    return tuple(Note(text=describe.clip(text)) for text in texts)


def _theirs(answer: ModuleAnswer) -> list[_Layer] | None:
    """The student's layers in the order of use; None where some are of another kind."""
    kinds = {layer.name: _KINDS.get(layer.type) for layer in answer.layers}
    biases = {p.name.removesuffix(".bias") for p in answer.parameters if p.name.endswith(".bias")}
    layers = []
    for parameter in answer.parameters:
        owner, _, role = parameter.name.rpartition(".")
        plain = role == "bias" or (role == "weight" and len(parameter.shape) == kinds.get(owner))
        if not owner or not plain or kinds.get(owner) is None or not parameter.trainable:
            return None
        if role == "weight":
            used = parameter.used or answer.error is not None  # who knows, after an error
            layers.append(_Layer(owner, parameter.shape, owner in biases, used))
    return layers


def _aligned(
    theirs: Sequence[_Layer], ours: Sequence[_Layer]
) -> Iterator[tuple[_Layer | None, _Layer | None]]:
    """Each layer beside its partner, in order, so that sizes differ as little as can be."""
    used = [layer for layer in theirs if layer.used]
    yield from ((layer, None) for layer in theirs if not layer.used)
    few, many = sorted((used, list(ours)), key=len)
    places = min(
        combinations(range(len(many)), len(few)),
        key=lambda chosen: sum(_cost(a, many[k]) for a, k in zip(few, chosen, strict=True)),
    )
    partners = dict(zip(places, few, strict=True))
    for number, layer in enumerate(many):
        partner = partners.get(number)
        yield (partner, layer) if many is not used else (layer, partner)


def _cost(one: _Layer, other: _Layer) -> int:
    """Outputs are a choice; inputs follow from the layer before."""
    kernel = one.weight[2:] != other.weight[2:]
    outputs, inputs = (a != b for a, b in zip(one.weight[:2], other.weight[:2], strict=True))
    return 4 * outputs + 2 * inputs + kernel


def _told(found: _Layer | None, expected: _Layer | None, ours: Sequence[_Layer]) -> Iterator[str]:
    if found is None:
        if expected is not None:
            yield (
                f"A {_IN_WORDS[len(expected.weight)]} of {expected.weight[0]:,} outputs is "
                f"missing, with {expected.count:,} parameters."
            )
    elif not found.used:
        yield (
            f"`{found.name}` is never used: its {found.count:,} parameters count, and do nothing."
        )
    elif expected is None:
        kind = _IN_WORDS[len(found.weight)]
        yield f"`{found.name}` is one {kind} too many, with {found.count:,} parameters."
    elif why := "; ".join(_why(found, expected, ours)):
        yield f"`{found.name}` has {_gap(found.count - expected.count)}: {why}."


def _gap(gap: int) -> str:
    if gap == 0:
        return "as many parameters as expected, but others"
    return f"{abs(gap):,} parameters {'more' if gap > 0 else 'fewer'} than expected"


def _why(found: _Layer, expected: _Layer, ours: Sequence[_Layer]) -> Iterator[str]:
    outputs, inputs = found.weight[0], found.weight[1]
    if inputs != expected.weight[1]:
        yield f"it takes {inputs:,} inputs instead of {_inputs(expected, ours)}"
    if outputs != expected.weight[0]:
        yield f"it gives {outputs:,} outputs instead of {expected.weight[0]:,}"
    if found.weight[2:] != expected.weight[2:]:
        sides = (" by ".join(map(str, layer.weight[2:])) for layer in (found, expected))
        yield "its filters have {} pixels instead of {}".format(*sides)
    if found.bias != expected.bias:
        yield "it has no bias" if expected.bias else "it has a bias"


def _inputs(layer: _Layer, ours: Sequence[_Layer]) -> str:
    """``784 (16 · 7 · 7)`` after a convolution."""
    inputs, before = layer.weight[1], ours[max(0, ours.index(layer) - 1)]
    side = isqrt(inputs // before.weight[0])
    if len(layer.weight) == 2 and len(before.weight) == 4 and before.weight[0] * side**2 == inputs:
        return f"{inputs:,} ({before.weight[0]} · {side} · {side})"
    return f"{inputs:,}"
