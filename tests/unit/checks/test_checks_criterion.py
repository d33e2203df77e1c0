from typing import Any

import made
import pytest
import torch
from torch import nn
from torch.nn import functional

from grader.checks.criterion import LossMatches
from grader.domain.evidence import Answered
from reference.cnn.misconceptions_loss import IN_LOSS

CHECK = LossMatches(name="criterion", misconceptions=IN_LOSS)


def judge(loss: Any) -> Any:
    return CHECK.judge(made.case(made.function(CHECK, loss)))


def written_out(logits: Any, labels: Any) -> Any:
    return -logits.log_softmax(1)[torch.arange(len(labels)), labels].mean()


@pytest.mark.parametrize(
    "loss",
    [
        nn.CrossEntropyLoss(),
        functional.cross_entropy,
        written_out,
        lambda z, y: nn.NLLLoss()(nn.LogSoftmax(dim=1)(z), y),
    ],
)
def test_any_cross_entropy_on_logits_passes(loss: Any) -> None:
    assert judge(loss).status == "passed"


@pytest.mark.parametrize(
    ("loss", "mistake"),
    [
        (nn.CrossEntropyLoss(reduction="sum"), "sum_not_mean"),
        (nn.NLLLoss(), "no_log_softmax"),
        (lambda z, y: functional.cross_entropy(z.softmax(1), y), "softmax_twice"),
        (nn.CrossEntropyLoss(label_smoothing=0.1), "smoothed_labels"),
    ],
)
def test_another_loss_is_named(loss: Any, mistake: Any) -> None:
    outcome = judge(loss)
    assert outcome.misconception == mistake
    assert 0 < outcome.score < 1


@pytest.mark.parametrize(
    "loss",
    [
        nn.L1Loss(),
        nn.CrossEntropyLoss(label_smoothing=0.3),
        nn.CrossEntropyLoss(weight=torch.arange(1.0, 11.0)),
        nn.CrossEntropyLoss(reduction="none"),
        lambda z, y: z.sum() * 0,
        lambda z, y: z.sum() * float("nan"),
        lambda z, y: functional.cross_entropy(z.detach(), y) + 0 * z.sum(),
        lambda z, y: functional.cross_entropy(z.flip(0), y),
    ],
)
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_a_wrong_loss_fails_and_is_called_nothing_else(loss: Any) -> None:
    outcome = judge(loss)
    assert outcome.status == "failed"
    assert outcome.misconception is None


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_the_squared_error_is_named_though_it_takes_no_batch_of_several() -> None:
    outcome = judge(nn.MSELoss())
    assert (outcome.score, outcome.misconception) == (0, "mean_squared_error")


def test_a_class_that_was_not_called_is_named() -> None:
    given = made.function(CHECK, lambda z, y: z)
    uncalled = Answered(given.answer.model_copy(update={"type": "type"}), given.tensors)
    outcome = CHECK.judge(made.case(uncalled))
    assert (outcome.score, outcome.misconception) == (0, "class_not_called")


def test_no_answer_is_not_graded() -> None:
    assert CHECK.judge(made.case()).status == "not_graded"
