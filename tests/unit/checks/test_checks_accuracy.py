from typing import Any

import made
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from grader.checks.accuracy import AccuracyReached
from grader.checks.against import AccuracyAgainst
from grader.checks.luck import Luck
from grader.checks.model import Images, Model, fixed
from grader.domain.check import DictMemo, Labelled
from grader.domain.codes import Named
from grader.domain.run import CellRun
from reference.cnn import misconceptions
from reference.cnn.misconceptions import IN_LENET
from reference.cnn.models import FC, LeNet

LUCK = Luck(runs=((0.978,), (0.979,), (0.98,), (0.981,), (0.982,)))
MODEL = Model(
    name="model_fc",
    reference=fixed(FC),
    images=Images(flat=True),
    misconceptions=misconceptions.IN_FC,
)
OTHER = MODEL.model_copy(update={"name": "model_lenet"})
CHECK = AccuracyReached(model=MODEL, expected=LUCK)
AGAINST = AccuracyAgainst(model=MODEL, other=OTHER, expected=LUCK, expected_other=LUCK)


def digits() -> Any:
    """Ten classes that a small network learns in seconds: a bright spot each, in noise."""
    rng = np.random.default_rng(0)
    labels = np.arange(2000) % 10
    images = rng.integers(0, 60, (2000, 28, 28)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 5, 10:18] = 255
    return Labelled(images, labels.astype(np.int64), "digest")


DIGITS = digits()


class Data:
    def __init__(self) -> None:
        self.reads = 0

    def __call__(self, name: Any) -> Any:
        assert name == "mnist/test"
        self.reads += 1
        return DIGITS


def trained(module: Any, steps: Any) -> Any:
    torch.manual_seed(0)
    x = torch.tensor(DIGITS.images.reshape(2000, -1) / np.float32(255))
    y = torch.tensor(DIGITS.labels)
    opt = torch.optim.SGD(module.parameters(), lr=0.2)
    for step in range(steps):
        part = slice(step % 10 * 200, step % 10 * 200 + 200)
        opt.zero_grad()
        functional.cross_entropy(module(x[part]), y[part]).backward()
        opt.step()
    return module


def build(cls: Any = FC) -> Any:
    torch.manual_seed(1)
    return cls()


@pytest.fixture(scope="module")
def good() -> Any:
    return trained(build(), 60)


@pytest.fixture(scope="module")
def poor() -> Any:
    return trained(build(), 16)


def seen(module: Any, name: Any = "model_fc", **changes: Any) -> Any:
    model = OTHER if name == OTHER.name else MODEL
    return made.module(name, module, model.inputs(made.HIDDEN), **changes)


def judge(
    *answers: Any, check: Any = CHECK, memo: Any = None, data: Any = None, cells: Any = ()
) -> Any:
    return check.judge(made.case(*answers, dataset=data or Data(), memo=memo, cells=cells))


def test_right_weights_get_all_points_and_a_confusion_matrix(good: Any) -> None:
    outcome = judge(seen(good))
    assert outcome.status == "passed"
    (confusion,) = [d for d in outcome.details if d.kind == "confusion"]
    assert sum(map(sum, confusion.counts)) == 2000
    assert "re-measured" in outcome.message


def test_an_untrained_model_gets_almost_nothing() -> None:
    outcome = judge(seen(build()))
    assert outcome.score < 0.2


def test_a_poorly_trained_model_is_on_the_slope(poor: Any) -> None:
    outcome = judge(seen(poor))
    accuracy = float(outcome.message.split(" reaches ")[1].split(" %")[0]) / 100
    threshold = LUCK.threshold(2000)
    assert (outcome.status, outcome.code) == ("partial", "low_accuracy")
    assert outcome.score == pytest.approx((accuracy - 0.1) / (threshold - 0.1), abs=1e-3)


def test_a_hopeless_model_is_measured_on_the_first_images_only() -> None:
    outcome = judge(seen(build()))
    (confusion,) = [d for d in outcome.details if d.kind == "confusion"]
    assert sum(map(sum, confusion.counts)) == 1000
    assert "on 1,000 images" in outcome.message


def test_the_best_snapshot_counts(good: Any) -> None:
    assert judge(seen(good), seen(build())).status == "passed"
    assert judge(seen(build()), seen(good)).status == "passed"


def kept(memo: DictMemo, what: str) -> list[str]:
    return [key for key in memo.values if key.startswith(f"{what}-")]


def test_what_was_measured_is_not_measured_again(good: Any) -> None:
    memo, data = DictMemo(), Data()
    first = judge(seen(good), memo=memo, data=data)
    (key,) = kept(memo, "accuracy")
    memo.values[key]["confusion"] = np.eye(10, dtype=int).tolist()
    assert "100.00 %" in judge(seen(good), memo=memo, data=data).message
    assert first.status == "passed"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"confusion": None},
        {"confusion": "much"},
        {"confusion": [[1], [1, 2]]},
        {"confusion": np.eye(9, dtype=int).tolist()},
        {"confusion": np.eye(10).tolist()},
        {"confusion": np.zeros((10, 10), dtype=int).tolist()},
        {"confusion": (np.eye(10, dtype=int) * 2 - 1).tolist()},
        {"confusion": (np.eye(10, dtype=int) * 10**6).tolist()},
        {"confusion": np.full((10, 10), 10**30).tolist()},
        {"confusion": np.full((10, 10), "3").tolist()},
    ],
)
def test_counts_that_were_altered_are_measured_anew(good: Any, wrong: dict[str, Any]) -> None:
    memo = DictMemo()
    first = judge(seen(good), memo=memo)
    (key,) = kept(memo, "accuracy")
    counted = memo.values[key]
    memo.values[key] = wrong
    assert judge(seen(good), memo=memo) == first
    assert memo.values[key] == counted


def test_other_weights_have_another_key(good: Any) -> None:
    memo = DictMemo()
    judge(seen(good), memo=memo)
    judge(seen(build()), memo=memo)
    assert len(kept(memo, "accuracy")) == 2


def test_a_model_once_shown_to_be_right_is_not_run_again(good: Any) -> None:
    memo = DictMemo()
    judge(seen(good), memo=memo)
    (key,) = kept(memo, "fit")
    for altered in ({}, {"same": False}, {"same": "x"}, {"other": True}):
        memo.values[key] = altered
        judge(seen(good), memo=memo)
        assert memo.values[key] == {"same": True}


def test_the_same_weights_with_another_output_are_shown_anew(good: Any) -> None:
    memo = DictMemo()
    judge(seen(good), memo=memo)
    assert judge(seen(Cheat(good)), memo=memo).status == "failed"
    assert len(kept(memo, "fit")) == 1


def sigmoid() -> Any:
    return nn.Sequential(
        nn.Linear(784, 512), nn.Sigmoid(), nn.Linear(512, 256), nn.Sigmoid(),
        nn.Linear(256, 128), nn.Sigmoid(), nn.Linear(128, 10),
    )  # fmt: skip


def no_bias() -> Any:
    return nn.Sequential(
        nn.Linear(784, 512, bias=False), nn.ReLU(), nn.Linear(512, 256, bias=False), nn.ReLU(),
        nn.Linear(256, 128, bias=False), nn.ReLU(), nn.Linear(128, 10, bias=False),
    )  # fmt: skip


def test_a_known_mistake_is_followed_through() -> None:
    outcome = judge(seen(trained(build(no_bias), 60)))
    assert outcome.status == "passed"
    assert any("no_bias" in getattr(detail, "text", "") for detail in outcome.details)


class Cheat(nn.Module):
    """Holds trained weights and computes something else."""

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Any) -> Any:
        return self.inner(x).sin()


def test_weights_of_another_function_are_not_measured(good: Any) -> None:
    data = Data()
    outcome = judge(seen(Cheat(good)), data=data)
    assert (outcome.status, outcome.code) == ("failed", "not_measurable")
    assert "could not be re-measured" in outcome.message
    assert data.reads == 0


def test_the_training_curve_comes_from_the_cell_that_trained(good: Any) -> None:
    printed = "\r".join(
        f"Ep {ep}/2, it {it}/3: loss train: {1 / (ep * it):.2f}, accuracy train: 0.9{it}"
        for ep in (1, 2)
        for it in (1, 2, 3)
    )
    cells = [CellRun(index=5, status="ok", output=printed), CellRun(index=9, status="ok")]
    outcome = judge(seen(good, cell=5), seen(good, cell=9, when="end"), cells=cells)
    titles = [d.title for d in outcome.details if d.kind == "plot"]
    assert titles == ["Loss as printed", "Accuracy as printed"]


def test_printed_accuracy_earns_nothing() -> None:
    cells = [CellRun(index=3, status="ok", output="Ep 5/5: accuracy test: 0.99\nEp 6: acc 0.99")]
    assert judge(seen(build()), cells=cells).score < 0.2


def test_at_least_as_good_as_the_other_model_passes(good: Any, poor: Any) -> None:
    assert judge(seen(good), seen(poor, "model_lenet"), check=AGAINST).status == "passed"


def test_a_model_compared_with_itself_fails(good: Any) -> None:
    outcome = judge(seen(good), seen(good, "model_lenet"), check=AGAINST)
    assert (outcome.status, outcome.code) == ("failed", "same_network")
    assert "compared with itself" in outcome.message


def test_a_smaller_network_is_not_measured_in_the_asked_ones_place() -> None:
    lenet = Model(name="model_lenet", reference=fixed(LeNet), misconceptions=IN_LENET)
    tiny = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    given = made.module("model_lenet", tiny, lenet.inputs(made.HIDDEN))
    outcome = judge(given, check=AccuracyReached(model=lenet, expected=LUCK))
    assert "could not be re-measured" in outcome.message


def test_further_behind_than_luck_fails_with_both_numbers(good: Any, poor: Any) -> None:
    outcome = judge(seen(poor), seen(good, "model_lenet"), check=AGAINST)
    assert (outcome.status, outcome.code) == ("failed", "behind")
    assert outcome.message.count("%") == 2
    assert "your `model_lenet`" in outcome.message


def test_without_the_other_model_what_right_code_reaches_stands_in(good: Any, poor: Any) -> None:
    assert judge(seen(good), check=AGAINST).status == "passed"
    assert judge(seen(poor), check=AGAINST).status == "failed"
    untrained = seen(build(), "model_lenet")
    assert judge(seen(poor), untrained, check=AGAINST).status == "failed"


def test_a_mistake_in_the_model_is_named_where_its_function_is_judged() -> None:
    assert AGAINST.named() == CHECK.named() == ()
    fewer = Named(id="fewer_epochs", sentence="Fewer epochs than asked.")
    assert CHECK.model_copy(update={"fewer_epochs": fewer}).named() == (fewer,)


def test_a_missing_model_is_not_graded() -> None:
    assert judge().status == "not_graded"
    assert judge(check=AGAINST).status == "not_graded"
