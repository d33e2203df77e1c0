"""When a model that falls short is trained once more, and what is said about it."""

from dataclasses import replace
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
from grader.domain.check import Case, DictMemo, Labelled
from grader.domain.codes import Named
from grader.domain.evidence import Answered, Found, TrainingAnswer
from grader.domain.run import CellRun, SecondRun, Stopped
from grader.domain.submission import Cell
from reference.cnn import misconceptions
from reference.cnn.models import FC

LUCK = Luck(runs=tuple((0.5, 0.9, final) for final in (0.978, 0.979, 0.98, 0.981, 0.982)))
MODEL = Model(
    name="model_fc",
    reference=fixed(FC),
    images=Images(flat=True),
    misconceptions=misconceptions.IN_FC,
)
FEWER = Named(id="fewer_epochs", sentence="Too few epochs.")
CHECK = AccuracyReached(model=MODEL, expected=LUCK, training="train_model", fewer_epochs=FEWER)
AGAINST = AccuracyAgainst(
    model=MODEL,
    other=MODEL.model_copy(update={"name": "model_lenet"}),
    expected=LUCK,
    expected_other=LUCK,
    training="train_model",
)
CALL = "train_model(model_fc, criterion, opt, dl_tr, dl_te, epochs)"
DEFINED, TRAINED = 2, 4


def digits() -> Labelled:
    """Ten classes that a small network learns in seconds: a bright spot each, in noise."""
    rng = np.random.default_rng(0)
    labels = np.arange(1000) % 10
    images = rng.integers(0, 60, (1000, 28, 28)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 5, 10:18] = 255
    return Labelled(images, labels.astype(np.int64), "digest")


DIGITS = digits()


def net(steps: int, build: Any = FC) -> nn.Module:
    torch.manual_seed(1)
    module: nn.Module = build()
    x = torch.tensor(DIGITS.images.reshape(1000, -1) / np.float32(255))
    opt = torch.optim.SGD(module.parameters(), lr=0.2)
    for _ in range(steps):
        opt.zero_grad()
        functional.cross_entropy(module(x[:200]), torch.tensor(DIGITS.labels[:200])).backward()
        opt.step()
    return module


@pytest.fixture(scope="module")
def good() -> nn.Module:
    return net(60)


@pytest.fixture(scope="module")
def poor() -> nn.Module:
    return net(12)


def seen(module: nn.Module, when: str = "changed", cell: int = TRAINED, **changes: Any) -> Answered:
    images = MODEL.inputs(made.HIDDEN)
    return made.module("model_fc", module, images, when=when, cell=cell, **changes)


def trainer(name: str = "train_model") -> Answered:
    found = Found(asked="train_model", used=name)
    return Answered(TrainingAnswer(probe="train_model", cell=1, found=found, runs=()))


def case(
    *answers: Answered, output: str = "", call: str = CALL, second: SecondRun | None = None
) -> Case:
    cells = [CellRun(index=TRAINED, status="ok", output=output)]
    sources = {1: "def train_model(model): pass", DEFINED: "model_fc = FC()", TRAINED: call}
    code = tuple(Cell(index=i, kind="code", source=source) for i, source in sources.items())
    base = made.case(*answers, cells=cells, dataset=lambda _: DIGITS, memo=DictMemo())
    submission = base.submission.model_copy(update={"cells": code})
    return replace(base, submission=submission, evidence=replace(base.evidence, second=second))


def test_a_model_that_falls_short_is_trained_once_more(poor: nn.Module) -> None:
    wanted = CHECK.again(case(trainer(), seen(poor)))
    assert wanted is not None
    assert (wanted.probe, wanted.model, wanted.cell) == ("model_fc", "model_fc", TRAINED)
    assert (wanted.training, wanted.function) == ("train_model", "train_model")
    assert AGAINST.again(case(trainer(), seen(poor))) == wanted


def test_the_seed_follows_from_the_submission_and_the_model(poor: nn.Module) -> None:
    first, second = (CHECK.again(case(trainer(), seen(poor))) for _ in range(2))
    assert first == second
    assert first is not None
    assert first.seed == int(made.HIDDEN.rng("model_fc.retraining").integers(2**32))


def test_objects_under_other_names_are_found_again(poor: nn.Module) -> None:
    found = Found(asked="model_fc", used="net", how="fallback")
    given = case(trainer("fit"), seen(poor, found=found), call="fit(net)")
    wanted = CHECK.again(given)
    assert wanted is not None
    assert (wanted.model, wanted.function) == ("net", "fit")


def test_a_model_that_is_good_enough_is_left_alone(good: nn.Module) -> None:
    assert CHECK.again(case(trainer(), seen(good))) is None
    assert AGAINST.again(case(trainer(), seen(good))) is None


def no_bias() -> nn.Module:
    return nn.Sequential(
        nn.Linear(784, 512, bias=False), nn.ReLU(), nn.Linear(512, 256, bias=False), nn.ReLU(),
        nn.Linear(256, 128, bias=False), nn.ReLU(), nn.Linear(128, 10, bias=False),
    )  # fmt: skip


def test_a_wrong_model_is_not_trained_once_more() -> None:
    assert CHECK.again(case(trainer(), seen(net(1, no_bias)))) is None


def test_a_model_that_was_never_trained_is_not_trained_for_the_student(poor: nn.Module) -> None:
    given = seen(poor, "bound", DEFINED), seen(poor, "end", TRAINED)
    assert CHECK.again(case(trainer(), *given, call="print(1)")) is None
    assert CHECK.again(case(trainer())) is None


def test_a_model_trained_by_something_else_is_left_alone(poor: nn.Module) -> None:
    assert CHECK.again(case(trainer(), seen(poor), call="for _ in range(9): step()")) is None
    assert CHECK.again(case(seen(poor))) is None
    unasked = CHECK.model_copy(update={"training": None})
    assert unasked.again(case(trainer(), seen(poor))) is None


def test_there_is_no_third_run(poor: nn.Module) -> None:
    second = SecondRun(models=("model_fc",), seconds=3, stopped=Stopped(reason="finished"))
    assert CHECK.again(case(trainer(), seen(poor), second=second)) is None


def test_fewer_epochs_are_named_move_no_point_and_are_no_bad_luck(
    good: nn.Module, poor: nn.Module
) -> None:
    output = "Ep 1/2, loss 0.5\nEp 2/2, loss 0.4\n"
    given = case(trainer(), seen(poor), output=output)
    silent = CHECK.judge(case(trainer(), seen(poor)))
    outcome = CHECK.judge(given)
    assert outcome.misconception == "fewer_epochs"
    assert "counts 2 instead of 3" in outcome.message
    assert "reaches about 90.00 %" in outcome.message
    assert outcome.score == silent.score
    assert CHECK.again(given) is None
    enough = CHECK.judge(case(trainer(), seen(good), output=output))
    assert (enough.status, enough.misconception) == ("passed", "fewer_epochs")


def test_more_epochs_than_asked_are_not_named(good: nn.Module) -> None:
    output = "".join(f"Ep {ep}/9, loss 0.5\n" for ep in range(1, 10))
    assert CHECK.judge(case(trainer(), seen(good), output=output)).misconception is None


def test_a_better_second_training_counts_and_both_are_told(
    good: nn.Module, poor: nn.Module
) -> None:
    second = SecondRun(models=("model_fc",), seconds=3, stopped=Stopped(reason="finished"))
    given = trainer(), seen(poor), seen(good, "retrained")
    outcome = CHECK.judge(case(*given, second=second))
    assert outcome.status == "passed"
    assert "trained once more with another seed" in outcome.message
    assert any("As it was handed in" in getattr(d, "text", "") for d in outcome.details)


def test_a_poorer_second_training_takes_nothing(good: nn.Module, poor: nn.Module) -> None:
    second = SecondRun(models=("model_fc",), seconds=3, stopped=Stopped(reason="finished"))
    less = net(0)
    outcome = CHECK.judge(case(trainer(), seen(poor), seen(less, "retrained"), second=second))
    assert outcome.score == CHECK.judge(case(trainer(), seen(poor))).score
    assert any("Trained once more" in getattr(d, "text", "") for d in outcome.details)


def test_a_second_training_that_gave_nothing_is_told(poor: nn.Module) -> None:
    stopped = Stopped(reason="wall_time")
    second = SecondRun(models=("model_fc",), seconds=3, stopped=stopped)
    outcome = CHECK.judge(case(trainer(), seen(poor), second=second))
    assert any("came to no end" in getattr(d, "text", "") for d in outcome.details)


def test_the_rival_is_what_the_student_trained(good: nn.Module, poor: nn.Module) -> None:
    """A second training of the other network must not raise the bar."""
    against = AGAINST.model_copy(update={"other": MODEL, "model": AGAINST.other})
    mine = made.module("model_lenet", poor, AGAINST.other.inputs(made.HIDDEN))
    rival = seen(net(0), "changed"), seen(good, "retrained")
    assert "a right `model_fc`" in against.judge(case(trainer(), mine, *rival)).message


def test_an_outcome_says_how_rare_it_is(poor: nn.Module) -> None:
    message = CHECK.judge(case(trainer(), seen(poor))).message
    assert "falls this low in fewer than 1 of" in message
    assert "runs; from 89.58 % on all points" in message


def test_growing_evidence_is_seen_through_one_memory(good: nn.Module) -> None:
    early = case(trainer(), seen(net(0), "bound", DEFINED))
    assert not CHECK.ready(early)
    answers = (*early.evidence.answers, seen(good))
    later = replace(early, evidence=replace(early.evidence, answers=answers))
    assert CHECK.ready(later)
    assert CHECK.judge(later).status == "passed"
