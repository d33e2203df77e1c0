# ruff: noqa: PLR0917 - training functions have the six arguments of the exercise
from typing import Any

import made
import numpy as np
import pytest
import torch
from torch import nn

from grader.checks.training import TrainingMatches
from grader.domain.evidence import Answered, TrainingTrace
from reference.cnn.misconceptions_functions import IN_TRAINING
from reference.cnn.training import train

CHECK = TrainingMatches(name="train_model", reference=train, misconceptions=IN_TRAINING)


def judge(code: Any) -> Any:
    return CHECK.judge(made.case(made.training(CHECK, code)))


def of_the_course(model: Any, crit: Any, opt: Any, dl_tr: Any, dl_te: Any, epochs: Any) -> None:
    for _ in range(epochs):
        model.train()
        for batch in dl_tr:
            x, y = batch
            loss = crit(model(x), y)
            loss.backward()
            opt.step()
            model.zero_grad()
        model.eval()
        with torch.no_grad():
            for x, _y in dl_te:
                model(x)


def with_closure(model: Any, crit: Any, opt: Any, dl_tr: Any, dl_te: Any, epochs: Any) -> Any:
    for _ in range(epochs):
        model.train()
        for x, y in dl_tr:

            def closure(x: Any = x, y: Any = y) -> Any:
                opt.zero_grad()
                loss = crit(model(x), y)
                loss.backward()
                return loss

            opt.step(closure)
        model.eval()
        [model(x) for x, _ in dl_te]


def never_evaluates(model: Any, crit: Any, opt: Any, dl_tr: Any, dl_te: Any, epochs: Any) -> None:
    for _ in range(epochs):
        for x, y in dl_tr:
            opt.zero_grad()
            crit(model(x), y).backward()
            opt.step()


@pytest.mark.parametrize("code", [train, of_the_course, with_closure, never_evaluates])
def test_a_right_loop_in_any_form_passes(code: Any) -> None:
    assert judge(code).status == "passed"


@pytest.mark.parametrize("mistake", IN_TRAINING, ids=lambda m: m.id)
def test_each_misconception_is_named_and_loses_points(mistake: Any) -> None:
    outcome = judge(mistake.build)
    assert outcome.misconception == mistake.id
    assert 0 < outcome.score < 1


def mode_set_once(model: Any, crit: Any, opt: Any, dl_tr: Any, dl_te: Any, epochs: Any) -> None:
    model.train()
    for _ in range(epochs):
        for x, y in dl_tr:
            opt.zero_grad()
            crit(model(x), y).backward()
            opt.step()
        model.eval()


def new_optimizer_each_epoch(
    model: Any, crit: Any, opt: Any, dl_tr: Any, dl_te: Any, epochs: Any
) -> None:
    for _ in range(epochs):
        train(model, crit, torch.optim.SGD(model.parameters(), 0.1, momentum=0.9), dl_tr, dl_te, 1)


@pytest.mark.parametrize("code", [mode_set_once, new_optimizer_each_epoch])
def test_what_shows_only_in_the_second_epoch_leaves_half(code: Any) -> None:
    outcome = judge(code)
    assert outcome.score == pytest.approx(0.5)
    assert "after two" in outcome.message


def nothing(model: Any, crit: Any, opt: Any, dl_tr: Any, dl_te: Any, epochs: Any) -> None:
    pass


def other_loss(model: Any, crit: Any, opt: Any, dl_tr: Any, dl_te: Any, epochs: Any) -> None:
    train(model, nn.CrossEntropyLoss(label_smoothing=0.3), opt, dl_tr, dl_te, epochs)


def last_batch_dropped(
    model: Any, crit: Any, opt: Any, dl_tr: Any, dl_te: Any, epochs: Any
) -> None:
    for _ in range(epochs):
        train(model, crit, opt, list(dl_tr)[:-1], dl_te, 1)


def broken(model: Any, crit: Any, opt: Any, dl_tr: Any, dl_te: Any, epochs: Any) -> None:
    raise TypeError("no loop")


@pytest.mark.parametrize("code", [nothing, other_loss, last_batch_dropped, broken])
def test_a_wrong_loop_fails(code: Any) -> None:
    assert judge(code).score == 0


@pytest.mark.parametrize(
    "forge",
    [np.zeros_like, np.ones_like, lambda a: a * np.nan, lambda a: a + np.inf, lambda a: a[:1]],
)
def test_forged_weights_fail(forge: Any) -> None:
    given = made.training(CHECK, train)
    with np.errstate(all="ignore"):
        tensors = {key: forge(np.atleast_1d(value)) for key, value in given.tensors.items()}
    assert CHECK.judge(made.case(Answered(given.answer, tensors))).score == 0


def test_weights_that_were_not_sent_fail() -> None:
    given = made.training(CHECK, train)
    assert CHECK.judge(made.case(Answered(given.answer, {}))).score == 0


def test_evaluation_with_gradients_is_a_note() -> None:
    given = made.training(CHECK, train)
    trace = TrainingTrace(test_forwards_with_gradient=2)
    runs = tuple(run.model_copy(update={"trace": trace}) for run in given.answer.runs)
    noted = Answered(given.answer.model_copy(update={"runs": runs}), given.tensors)
    outcome = CHECK.judge(made.case(noted))
    assert outcome.status == "passed"
    assert any("gradients switched on" in detail.text for detail in outcome.details)


def test_judging_leaves_the_callers_random_numbers_alone() -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    judge(train)
    assert torch.equal(torch.rand(3), expected)


def steps_first(model: Any, crit: Any, opt: Any, dl_tr: Any, dl_te: Any, epochs: Any) -> None:
    for x, y in dl_tr:
        loss = crit(model(x), y)
        opt.step()
        opt.zero_grad()
        loss.backward()


def test_a_step_before_the_backward_pass_is_named() -> None:
    outcome = judge(steps_first)
    assert outcome.status == "failed"
    assert outcome.misconception == "step_before_backward"


def test_thousands_of_forged_answers_train_each_of_our_functions_once() -> None:
    trained: list[Any] = []

    def counted(code: Any) -> Any:
        def one(*given: Any) -> None:
            trained.append(code)
            code(*given)

        return one

    mistakes = tuple(m.model_copy(update={"build": counted(m.build)}) for m in IN_TRAINING)
    check = TrainingMatches(name="train_model", reference=counted(train), misconceptions=mistakes)
    forged = made.training(CHECK, nothing)
    assert check.judge(made.case(*[forged] * 3000)).score == 0
    assert len(trained) == 2 * (1 + len(mistakes))


def test_nothing_is_trained_where_nothing_was_answered() -> None:
    check = CHECK.model_copy(update={"reference": broken})
    assert check.judge(made.case()).status == "not_graded"


@pytest.mark.parametrize("place", [0, 2999, 2999 - 20])
def test_the_right_one_of_the_first_and_the_newest_answers_counts(place: int) -> None:
    given = [made.training(CHECK, nothing)] * 3000
    given[place] = made.training(CHECK, train)
    assert CHECK.judge(made.case(*given)).status == "passed"
