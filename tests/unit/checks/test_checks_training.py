# ruff: noqa: PLR0917 - training functions have the six arguments of the exercise
from typing import Any

import made
import numpy as np
import pytest
import torch
from torch import nn

from grader.checks import small_model
from grader.checks.training import TrainingMatches
from grader.domain.check import DictMemo
from grader.domain.evidence import Answered
from grader.domain.training import TrainingTrace
from reference.cnn.misconceptions_training import IN_TRAINING, Loop
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


def traced(code: Any, **trace: Any) -> Answered:
    given = made.training(CHECK, code)
    seen = TrainingTrace(**{"train_batches": 5, **trace})
    runs = tuple(run.model_copy(update={"trace": seen}) for run in given.answer.runs)
    return Answered(given.answer.model_copy(update={"runs": runs}), given.tensors)


TRACES: dict[str, dict[str, Any]] = {
    "global_optimizer": {"other_steps": 5},
    "no_step": {"events": ("forward", "loss", "backward", "zero")},
    "no_backward": {"steps": 5, "events": ("forward", "loss", "step", "zero", "forward")},
    "zeroed_before_step": {"steps": 5, "events": ("forward", "loss", "backward", "zero", "step")},
    "step_before_backward": {
        "steps": 5,
        "events": ("zero", "forward", "loss", "step", "backward", "zero", "forward", "loss"),
    },
    "weights_never_change": {"steps": 5, "events": ("forward", "backward", "step")},
}
"""What is seen of the mistakes that leave the same weights."""


@pytest.mark.parametrize("mistake", IN_TRAINING, ids=lambda m: m.id)
def test_each_misconception_is_named_and_loses_points(mistake: Any) -> None:
    given = traced(mistake.build, **TRACES.get(mistake.id, {}))
    outcome = CHECK.judge(made.case(given))
    assert outcome.misconception == mistake.id
    assert 0 < outcome.score < 1


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"zero": "never", "eval_mode": False}, "evaluates_in_train_mode+gradients_not_zeroed"),
        ({"softmax": True, "zero": "never"}, "gradients_not_zeroed+softmax_before_loss"),
        ({"epochs": 1, "train_mode": "never"}, "epochs_ignored+trains_in_eval_mode"),
        ({"step": False, "eval_mode": False}, "evaluates_in_train_mode+no_step"),
    ],
)
def test_two_mistakes_at_once_are_both_named(changes: dict[str, Any], name: str) -> None:
    outcome = CHECK.judge(made.case(traced(Loop(**changes), steps=5 * changes.get("step", True))))
    assert outcome.misconception == name
    assert 0 < outcome.score < 0.5


def test_a_forged_trace_names_a_mistake_but_earns_nothing() -> None:
    lying = traced(Loop(zero="never"), **TRACES["no_step"])
    assert CHECK.judge(made.case(lying)).misconception == "gradients_not_zeroed"
    for trace in TRACES.values():
        assert CHECK.judge(made.case(traced(Loop(step=False), **trace))).score == 0.25


def test_a_function_that_does_nothing_is_no_named_mistake() -> None:
    assert judge(nothing).misconception is None


def test_another_model_than_the_argument_is_named() -> None:
    left_alone = traced(nothing, other_models=5)
    assert CHECK.judge(made.case(left_alone)).misconception == "global_model"
    raised = traced(broken, other_models=1)
    assert CHECK.judge(made.case(raised)).misconception == "global_model"


def test_another_loader_than_the_argument_is_named_where_it_makes_the_loop_raise() -> None:
    outcome = CHECK.judge(made.case(traced(broken, train_batches=0, other_forwards=1)))
    assert (outcome.score, outcome.misconception) == (0, "global_loader")
    for trace in ({"train_batches": 0}, {"train_batches": 1, "other_forwards": 1}):
        assert CHECK.judge(made.case(traced(broken, **trace))).misconception is None


def test_a_loss_of_its_own_that_is_right_is_a_note() -> None:
    given = traced(train, steps=5, events=("forward", "backward", "step"))
    outcome = CHECK.judge(made.case(given))
    assert outcome.status == "passed"
    assert any("does not use the loss" in detail.text for detail in outcome.details)


def printing(text: Any) -> Answered:
    """The right loop, which prints what `text` makes of both averages."""
    given = made.training(CHECK, train)
    task = small_model.draw("train_model", made.HIDDEN)
    runs = [
        run.model_copy(update={"printed": text(task.accuracies(task.after(train, run.epochs)))})
        for run in given.answer.runs
    ]
    return Answered(given.answer.model_copy(update={"runs": tuple(runs)}), given.tensors)


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        (lambda reached: f"accuracy: {reached.plain:.4f}", True),
        (lambda reached: f"test {100 * reached.plain:.2f} %", True),
        (lambda reached: f"accuracy: {reached.weighted:.4f}", False),
        (lambda reached: f"{reached.weighted:.4f} {reached.plain:.4f}", False),
        (lambda reached: "loss 0.6931", False),
        (lambda _: "", False),
    ],
)
def test_an_average_over_batches_is_a_note(text: Any, noted: bool) -> None:
    outcome = CHECK.judge(made.case(printing(text)))
    assert outcome.status == "passed"
    assert any("mean over batches" in detail.text for detail in outcome.details) == noted


def slower_from_the_second_epoch(
    model: Any, crit: Any, opt: Any, dl_tr: Any, dl_te: Any, epochs: Any
) -> None:
    for _ in range(epochs):
        train(model, crit, opt, dl_tr, dl_te, 1)
        opt.param_groups[0]["lr"] /= 3


def test_what_shows_only_in_the_second_epoch_leaves_half() -> None:
    outcome = judge(slower_from_the_second_epoch)
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

    mistakes = tuple(
        m.model_copy(update={"build": counted(m.build), "onto": None}) for m in IN_TRAINING
    )
    check = TrainingMatches(name="train_model", reference=counted(train), misconceptions=mistakes)
    forged = made.training(CHECK, nothing)
    assert check.judge(made.case(*[forged] * 3000)).score == 0
    possible = [m for m in mistakes if m.seen is None or m.seen(TrainingTrace())]
    assert len(possible) < len(trained) <= 2 * (1 + len(possible))


def test_a_regrade_does_not_train_the_reference_again() -> None:
    trained: list[int] = []

    def counted(*given: Any) -> None:
        trained.append(given[-1])
        train(*given)

    check = CHECK.model_copy(update={"reference": counted})
    memo = DictMemo()
    for _ in range(2):
        judged = check.judge(made.case(made.training(CHECK, train), memo=memo))
        assert judged.status == "passed"
        assert trained == [1, 2]


@pytest.mark.parametrize("wrong", [None, "3", {}, 1.0, [[1.0], [1.0, 2.0]]], ids=repr)
def test_a_memo_that_was_altered_is_trained_anew(wrong: Any) -> None:
    memo = DictMemo()
    given = made.training(CHECK, train)
    CHECK.judge(made.case(given, memo=memo))
    kept = dict(memo.values)
    first = next(iter(kept))
    for values in ({}, dict.fromkeys(kept[first], wrong), {**kept[first], "more": 1.0}):
        memo.values[first] = values
        assert CHECK.judge(made.case(given, memo=memo)).status == "passed"
        assert memo.values == kept


def test_a_memo_without_numbers_is_trained_anew() -> None:
    memo = DictMemo()
    given = made.training(CHECK, train)
    CHECK.judge(made.case(given, memo=memo))
    kept = dict(memo.values)
    for key, values in kept.items():
        memo.values[key] = {name: (np.array(v) * np.nan).tolist() for name, v in values.items()}
    assert CHECK.judge(made.case(given, memo=memo)).status == "passed"
    assert memo.values == kept


def test_nothing_is_trained_where_nothing_was_answered() -> None:
    check = CHECK.model_copy(update={"reference": broken})
    assert check.judge(made.case()).status == "not_graded"


@pytest.mark.parametrize("place", [0, 2999, 2999 - 20])
def test_the_right_one_of_the_first_and_the_newest_answers_counts(place: int) -> None:
    given = [made.training(CHECK, nothing)] * 3000
    given[place] = made.training(CHECK, train)
    assert CHECK.judge(made.case(*given)).status == "passed"
