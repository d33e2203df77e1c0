"""A student's layers beside the reference's."""

import re
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import zip_longest

from torch import nn

from grader.checks import describe
from grader.domain.detail import LayerRow, LayerTable
from grader.domain.evidence import ModuleAnswer

_USUAL = re.compile(r"(?:in|out)_features=|, bias=True|, stride=\(1, 1\)")
_Layer = tuple[str, int]
"""Label such as ``Linear(784, 512)``, and how many parameters it has."""


def table(answer: ModuleAnswer, reference: nn.Module) -> LayerTable:
    """Layers that hold parameters, aligned by what they are, with parameter counts."""
    theirs = [
        (_label(layer.type, layer.settings), layer.parameters)
        for layer in answer.layers
        if layer.parameters > 0
    ]
    ours = [
        (_label(type(module).__name__, module.extra_repr()), _own(module))
        for module in reference.modules()
        if _own(module) > 0
    ]
    return LayerTable(
        rows=tuple(_rows(theirs, ours)),
        student_total=answer.parameter_count,
        reference_total=parameters(reference),
    )


def different_shapes(answer: ModuleAnswer, reference: nn.Module) -> str:
    """Which trainable parameters have no partner in the other network; empty where all have one."""
    theirs = Counter(_essence(p.shape) for p in answer.parameters if p.trainable)
    ours = Counter(_essence(tuple(p.shape)) for p in reference.parameters())
    found, expected = theirs - ours, ours - theirs
    return f"found {_shapes(found)} instead of {_shapes(expected)}" if found or expected else ""


def _essence(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Equal for transposed matrices, and whatever sizes of 1 there are."""
    sizes = tuple(size for size in shape if size != 1)
    return tuple(sorted(sizes, reverse=True)) if len(sizes) == 2 else sizes


def _shapes(found: Counter[tuple[int, ...]]) -> str:
    return describe.clip(", ".join(describe.shape(s) for s in found.elements()) or "nothing", 120)


def parameters(module: nn.Module) -> int:
    """Elements of all parameters."""
    return sum(parameter.numel() for parameter in module.parameters())


def _own(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters(recurse=False))


def _label(kind: str, settings: str) -> str:
    return describe.clip(f"{kind}({_USUAL.sub('', settings)})", 80)


def _rows(theirs: list[_Layer], ours: list[_Layer]) -> Iterator[LayerRow]:
    matcher = SequenceMatcher(None, theirs, ours, autojunk=False)
    for kind, start, stop, first, last in matcher.get_opcodes():
        for left, right in zip_longest(theirs[start:stop], ours[first:last]):
            yield LayerRow(
                student=left[0] if left else None,
                student_parameters=left[1] if left else None,
                reference=right[0] if right else None,
                reference_parameters=right[1] if right else None,
                matches=kind == "equal",
            )
