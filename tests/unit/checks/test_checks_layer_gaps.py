"""What stands under a wrong count of parameters: which layer differs, by how much, and why."""

from itertools import pairwise
from typing import Any

import made
import pytest
import torch
from torch import nn

from grader.checks.layer_gaps import gaps
from reference.cnn.networks import MODEL_CNN, MODEL_FC, MODEL_LENET


def dense(*sizes: int, bias: bool = True) -> list[nn.Module]:
    layers = [[nn.Linear(n, m, bias=bias), nn.ReLU()] for n, m in pairwise(sizes)]
    return [module for pair in layers for module in pair][:-1]


def lenet(*tail: nn.Module, kernel: int = 3, second: int = 16) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, kernel, padding=kernel // 2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, second, kernel, padding=kernel // 2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), *(tail or dense(49 * second, 120, 84, 10)),
    )  # fmt: skip


def texts(model: Any, module: nn.Module, **changes: Any) -> list[str]:
    answered = made.module(model.name, module, model.inputs(made.HIDDEN), **changes)
    return [note.text for note in gaps(answered.answer, model.reference(()))]


def test_inputs_are_explained_by_the_maps_that_come_in() -> None:
    told = texts(MODEL_LENET, lenet(second=20))
    assert told[0] == (
        "`3` has 220 parameters more than expected: it gives 20 outputs instead of 16."
    )
    assert told[1] == (
        "`7` has 23,520 parameters more than expected: "
        "it takes 980 inputs instead of 784 (16 · 7 · 7)."
    )
    assert len(told) == 2


def test_filters_and_biases_are_reasons() -> None:
    told = texts(MODEL_LENET, lenet(kernel=5))
    assert told[0].endswith("96 parameters more than expected: its filters have 5 by 5 pixels "
                            "instead of 3 by 3.")  # fmt: skip
    module = nn.Sequential(*dense(784, 512, 256, 128, 10, bias=False))
    assert (
        texts(MODEL_FC, module)[0] == "`0` has 512 parameters fewer than expected: it has no bias."
    )


def test_a_missing_layer_is_named_beside_the_inputs_that_follow_from_it() -> None:
    told = texts(MODEL_FC, nn.Sequential(*dense(784, 512, 128, 10)))
    assert told == [
        "A fully connected layer of 256 outputs is missing, with 131,328 parameters.",
        "`2` has 32,768 parameters more than expected: it takes 512 inputs instead of 256.",
    ]


def test_one_layer_too_many_is_named() -> None:
    told = texts(MODEL_FC, nn.Sequential(*dense(784, 512, 256, 128, 64, 10)))
    assert "`6` is one fully connected layer too many, with 8,256 parameters." in told
    assert "`8` has 640 parameters fewer than expected: it takes 64 inputs instead of 128." in told
    assert len(told) == 2


def test_a_layer_that_never_runs_is_told() -> None:
    class Unused(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.spare = nn.Sequential(*dense(784, 512, 256, 128, 10)), nn.Linear(9, 9)

        def forward(self, x: torch.Tensor) -> Any:
            return self.inner(x)

    answered = made.module("model_fc", Unused(), MODEL_FC.inputs(made.HIDDEN)).answer
    parameters = tuple(
        p.model_copy(update={"used": not p.name.startswith("spare")}) for p in answered.parameters
    )
    seen = answered.model_copy(update={"parameters": parameters})
    (note,) = gaps(seen, MODEL_FC.reference(()))
    assert note.text == "`spare` is never used: its 90 parameters count, and do nothing."


@pytest.mark.parametrize("model", [MODEL_FC, MODEL_LENET, MODEL_CNN], ids=lambda m: m.name)
def test_the_reference_has_no_gaps(model: Any) -> None:
    assert texts(model, model.reference(())) == []


@pytest.mark.parametrize(
    "module",
    [
        nn.Linear(784, 10),
        nn.Sequential(nn.BatchNorm1d(784), *dense(784, 10)),
        nn.Sequential(*dense(*[784] * 14, 10)),
    ],
    ids=["no name", "another kind", "many"],
)
def test_what_cannot_be_taken_apart_is_left_alone(module: nn.Module) -> None:
    assert texts(MODEL_FC, module) == []


def test_frozen_parameters_are_not_taken_apart() -> None:
    module = nn.Sequential(*dense(784, 512, 10))
    answered = made.module("model_fc", module, MODEL_FC.inputs(made.HIDDEN)).answer
    first, *others = answered.parameters
    frozen = (first.model_copy(update={"trainable": False}), *others)
    seen = answered.model_copy(update={"parameters": frozen})
    assert gaps(answered, MODEL_FC.reference(()))
    assert gaps(seen, MODEL_FC.reference(())) == ()
