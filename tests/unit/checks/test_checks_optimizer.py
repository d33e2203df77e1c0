# ruff: noqa: E501 - one case a line
from typing import Any

import made
import pytest
import torch
from torch import nn

from grader.checks.optimizer import OptimizerMatches
from grader.domain.evidence import Answered

CHECK = OptimizerMatches(name="opt", model="model_fc", lr=0.1)


def model() -> Any:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 10))


def judge(make: Any) -> Any:
    built = model()
    return CHECK.judge(made.case(made.optimizer(CHECK, built, make(built))))


@pytest.mark.parametrize(
    "make",
    [
        lambda m: torch.optim.SGD(m.parameters(), lr=1e-1),
        lambda m: torch.optim.SGD(params=list(m.parameters()), lr=0.1, foreach=False),
        lambda m: torch.optim.SGD([{"params": [p]} for p in m.parameters()], lr=0.1),
    ],
)
def test_plain_gradient_steps_pass(make: Any) -> None:
    assert judge(make).status == "passed"


@pytest.mark.parametrize(
    ("make", "score", "code"),
    [
        (lambda m: torch.optim.SGD(m.parameters(), lr=0.01), 0.5, "other_learning_rate"),
        (lambda m: torch.optim.SGD(m.parameters(), lr=0.1, momentum=0.9), 0.5, "momentum"),
        (lambda m: torch.optim.Adam(m.parameters(), lr=0.1), 0.25, "other_optimizer"),
        (lambda m: torch.optim.SGD(m.parameters(), lr=0.1, weight_decay=0.1), 0.25, "other_optimizer"),
        (lambda m: torch.optim.SGD(list(m.parameters())[:2], lr=0.1), 0.5, "some_parameters"),
        (lambda m: torch.optim.SGD([*m.parameters(), *model().parameters()], lr=0.1), 0.75, "foreign_parameters"),
        (lambda m: torch.optim.SGD(list(m.parameters())[:2], lr=0.2), 0.25, "other_learning_rate"),
        (lambda m: torch.optim.SGD(m.parameters(), lr=0.1, maximize=True), 0, "other_learning_rate"),
        (lambda m: torch.optim.SGD(model().parameters(), lr=0.1), 0, "parameters_of_another_model"),
        (lambda m: torch.optim.SGD(m.parameters(), lr=0.0), 0, "other_learning_rate"),
    ],
)  # fmt: skip
def test_a_fault_leaves_its_share_and_is_named(make: Any, score: Any, code: Any) -> None:
    outcome = judge(make)
    assert outcome.score == pytest.approx(score)
    assert outcome.misconception == code
    assert code in {mistake.id for mistake in CHECK.named()}


def test_the_definition_counts_and_not_a_later_reuse() -> None:
    built = model()
    right = made.optimizer(CHECK, built, torch.optim.SGD(built.parameters(), lr=0.1))
    reused = made.optimizer(CHECK, built, torch.optim.SGD(model().parameters(), lr=0.1))
    assert CHECK.judge(made.case(right, reused)).status == "passed"


@pytest.mark.parametrize("change", [{}, {"first.0": None}, {"second.3": None}])
def test_steps_that_are_missing_or_not_finite_earn_no_full_points(change: Any) -> None:
    built = model()
    given = made.optimizer(CHECK, built, torch.optim.SGD(built.parameters(), lr=0.1))
    tensors = {k: v * float("nan") for k, v in given.tensors.items()} if not change else {
        k: v for k, v in given.tensors.items() if k not in change
    }  # fmt: skip
    assert CHECK.judge(made.case(Answered(given.answer, tensors))).score < 1


def test_the_details_name_class_and_options() -> None:
    outcome = judge(lambda m: torch.optim.Adam(m.parameters(), lr=0.1))
    (comparison,) = outcome.details
    assert comparison.found.startswith("Adam(lr=0.1")


def test_a_claim_of_endless_parameters_costs_nothing() -> None:
    built = model()
    given = made.optimizer(CHECK, built, torch.optim.SGD(built.parameters(), lr=0.1))
    huge = given.answer.model_copy(update={"model_parameters": 10**15, "held": 10**15})
    assert CHECK.judge(made.case(Answered(huge, given.tensors))).score < 1
