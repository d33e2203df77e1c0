"""What is used where the exercise's name is missing."""

from textwrap import dedent

import numpy as np
import pytest
from guest_runs import Stream, run_guest

from grader.domain.probe import (
    Call,
    CallFunction,
    DescribeModule,
    Layer,
    Probe,
    ReadVariables,
    StepOptimizer,
    TrainSmallModel,
)

RNG = np.random.default_rng(4)
INPUTS = {
    "flat": RNG.normal(size=(4, 12)).astype("float32"),
    "wide": RNG.normal(size=(4, 20)).astype("float32"),
    "x": RNG.normal(size=9),
    "h": RNG.normal(size=3),
    "logits": RNG.normal(size=(6, 3)).astype("float32"),
    "labels": RNG.integers(0, 3, size=6),
    "gradients": RNG.normal(size=17).astype("float32"),
    "w": RNG.normal(size=(3, 12)).astype("float32"),
    "b": RNG.normal(size=3).astype("float32"),
    "train_y": RNG.integers(0, 3, size=4),
}

CELLS = [
    "import torch, torch.nn as nn, torch.nn.functional as F\nimport numpy as np",
    dedent("""
        class FC(nn.Sequential):
            def __init__(self):
                super().__init__(nn.Linear(12, 3))
        class Other(nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = nn.Linear(20, 4)
            def forward(self, x):
                return self.layer(x)
        class Made(nn.Sequential):
            def __init__(self):
                super().__init__(nn.Linear(20, 8))
        class Picky(nn.Module):
            def __init__(self, filters):
                super().__init__()
        my_fc = same_fc = FC()
        other = Other()
        five, six = nn.Linear(12, 5), nn.Linear(12, 5)
        loss_function = nn.CrossEntropyLoss()
        my_opt = torch.optim.SGD(my_fc.parameters(), lr=0.1)
        other_opt = torch.optim.SGD(other.parameters(), lr=0.1)
        criterion_none = None
    """),
    dedent("""
        def convolve(x, h):
            return np.convolve(x, h, 'same')
        def named(x, h):
            return x
        def swapped(a, b, c):
            return a
        def fit(net, loss, optimizer, one, two, epochs):
            for _ in range(epochs):
                for x, y in one:
                    optimizer.zero_grad(); loss(net(x), y).backward(); optimizer.step()
        def accuracy(logits, labels):
            return (logits.argmax(1) == labels).float().mean()
        model_none = None
    """),
]


def _module(name: str, class_name: str | None, inputs: str, outputs: int) -> DescribeModule:
    return DescribeModule(id=name, name=name, class_name=class_name, inputs=inputs, outputs=outputs)


PROBES: list[Probe] = [
    _module("model_fc", "FC", "flat", 3),
    _module("unnamed", None, "wide", 4),
    _module("constructed", "Made", "wide", 8),
    _module("picky", "Picky", "wide", 7),
    _module("several", None, "flat", 5),
    _module("absent", "Absent", "flat", 9),
    CallFunction(
        id="conv", name="conv", calls=(Call(args=("x", "h")),), fits="like_first_argument"
    ),
    CallFunction(id="named", name="named", calls=(Call(args=("x", "h")),)),
    CallFunction(id="no_rule", name="no_rule", calls=(Call(args=("x", "h")),)),
    CallFunction(
        id="criterion",
        name="criterion_none",
        calls=(Call(args=("logits", "labels")),),
        arrays="torch",
        gradients=True,
        fits="scalar",
    ),
    StepOptimizer(id="opt", name="opt", model="model_fc", gradients="gradients"),
    TrainSmallModel(
        id="train",
        name="train_model",
        layers=(Layer(type="linear", size=(12, 3)),),
        weights={"0.weight": "w", "0.bias": "b"},
        train=("flat", "train_y"),
        test=("flat", "train_y"),
        batch_size=3,
        lr=0.1,
        momentum=0.0,
    ),
    ReadVariables(id="values", names=("threshold",)),
]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Stream:
    return run_guest(tmp_path_factory.mktemp("fallbacks"), CELLS, PROBES, INPUTS)


@pytest.mark.parametrize(
    ("probe", "used"),
    [
        ("model_fc", "my_fc"),
        ("unnamed", "other"),
        ("conv", "convolve"),
        ("criterion", "loss_function"),
        ("opt", "my_opt"),
        ("train", "fit"),
    ],
)
def test_the_one_object_that_fits_is_used(ran: Stream, probe: str, used: str) -> None:
    answer = ran.to(probe)[-1].answer
    assert answer.kind != "unanswered"
    assert (answer.found.used, answer.found.how) == (used, "fallback")
    assert answer.cell == 2


def test_an_optimizer_is_compared_with_the_model_found_in_place_of_the_named_one(
    ran: Stream,
) -> None:
    answer = ran.only("opt").answer
    assert (answer.model_parameters, answer.held, answer.foreign) == (2, 2, 0)


def test_a_class_without_an_instance_is_constructed(ran: Stream) -> None:
    answer = ran.only("constructed").answer
    assert (answer.found.used, answer.found.how) == ("Made", "constructed")
    assert answer.parameter_count == 21 * 8
    assert answer.when == "end"


def test_a_class_that_cannot_be_constructed_says_why(ran: Stream) -> None:
    answer = ran.only("picky").answer
    assert answer.reason == "raised"
    assert "TypeError" in answer.message


def test_several_that_fit_are_ambiguous(ran: Stream) -> None:
    answer = ran.only("several").answer
    assert answer.reason == "ambiguous"
    assert "five, six" in answer.message


@pytest.mark.parametrize("probe", ["absent", "no_rule", "values"])
def test_nothing_that_fits_is_missing(ran: Stream, probe: str) -> None:
    assert ran.only(probe).answer.reason == "missing"
