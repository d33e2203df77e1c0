from typing import Any

import made
import numpy as np
import pytest

from grader.checks.functions import FunctionMatches
from grader.domain.evidence import Answered
from grader.domain.hidden import Hidden
from reference.cnn.convolution import convolve_1d
from reference.cnn.inputs import SHEET_H, SHEET_X, convolutions
from reference.cnn.misconceptions_functions import IN_CONVOLUTION

CHECK = FunctionMatches(
    name="convolution_one_dimensional",
    reference=convolve_1d,
    groups=convolutions,
    misconceptions=IN_CONVOLUTION,
)


def judge(*codes: Any) -> Any:
    return CHECK.judge(made.case(*(made.function(CHECK, code) for code in codes)))


def of_the_course(x: Any, h: Any) -> Any:
    padding = np.zeros(h.shape[0] // 2)
    x, n = np.concatenate([padding, x, padding]), x.shape[0]
    h = h[::-1]
    return np.array([np.dot(x[i : i + h.shape[0]], h) for i in range(n)])


def by_definition(x: Any, h: Any) -> Any:
    centre = (len(h) - 1) // 2
    y = [0] * len(x)
    for i in range(len(x)):
        for m in range(len(h)):
            if 0 <= i + centre - m < len(x):
                y[i] += x[i + centre - m] * h[m]
    return y


@pytest.mark.parametrize(
    "code",
    [
        of_the_course,
        by_definition,
        lambda x, h: np.convolve(x, h, "same"),
        lambda x, h: np.convolve(x, h, "same").astype(np.float32),
        lambda x, h: np.convolve(x, h)[(len(h) - 1) // 2 :][: len(x)],
    ],
)
def test_any_correct_convolution_passes(code: Any) -> None:
    assert judge(code).status == "passed"


def in_place(x: Any, h: Any) -> Any:
    y = np.convolve(x, h, "same")
    x[:] = 0
    return y


def test_writing_into_the_input_is_only_a_note() -> None:
    outcome = judge(in_place)
    assert outcome.status == "passed"
    assert any("writes into" in getattr(detail, "text", "") for detail in outcome.details)


SHEET = np.convolve(SHEET_X, SHEET_H, "same")


def hard_coded(x: Any, h: Any) -> Any:
    return SHEET.copy() if len(x) == 25 else np.zeros(len(x))


def of_another_input(x: Any, h: Any) -> Any:
    return np.convolve(x[::-1], h, "same")


@pytest.mark.parametrize(
    "code",
    [
        hard_coded,
        of_another_input,
        lambda x, h: np.zeros(len(x)),
        lambda x, h: np.full(len(x), 1.5),
        lambda x, h: np.full(len(x), np.nan),
        lambda x, h: np.full(len(x), np.inf),
        lambda x, h: x.copy() * 1.0,
        lambda x, h: None,
        lambda x, h: 3,
        lambda x, h: "no array",
        lambda x, h: np.convolve(x, h, "same") * 1.001,
        lambda x, h: 1 / 0,
    ],
)
def test_a_wrong_function_earns_nothing(code: Any) -> None:
    # x.copy() is right for no hidden filter, also not for one of a single number
    assert judge(code).status == "failed"


@pytest.mark.parametrize("mistake", IN_CONVOLUTION, ids=lambda m: m.id)
def test_each_misconception_is_named_and_loses_points(mistake: Any) -> None:
    outcome = judge(mistake.build)
    assert outcome.misconception == mistake.id
    assert 0 < outcome.score < 1


def fails_for_even(x: Any, h: Any) -> Any:
    if len(h) % 2 == 0:
        raise ValueError("even")
    return np.convolve(x, h, "same")


def cut_to_integers(x: Any, h: Any) -> Any:
    y = np.zeros_like(x)
    y[:] = np.convolve(x, h, "same")
    return y


def test_groups_that_are_right_keep_their_share() -> None:
    outcome = judge(fails_for_even)
    assert outcome.status == "partial"
    assert outcome.score == pytest.approx(0.7)
    assert "filters of even length" in outcome.message


def test_results_cut_to_integers_lose_little() -> None:
    assert judge(cut_to_integers).score == pytest.approx(0.9)


def test_the_sheet_alone_earns_nothing() -> None:
    assert judge(hard_coded).score == 0


def test_a_function_that_changes_from_call_to_call_fails() -> None:
    right = made.function(CHECK, of_the_course)
    calls = tuple(call.model_copy(update={"repeatable": False}) for call in right.answer.calls)
    moody = Answered(right.answer.model_copy(update={"calls": calls}), right.tensors)
    outcome = CHECK.judge(made.case(moody))
    assert outcome.status == "failed"
    assert "second call" in outcome.message


def test_the_better_of_two_definitions_counts() -> None:
    assert judge(of_the_course, lambda x, h: x).status == "passed"
    assert judge(lambda x, h: x, of_the_course).status == "passed"


def test_the_students_curve_lies_over_the_references() -> None:
    (plot,) = [d for d in judge(lambda x, h: x * 1.0).details if d.kind == "plot"]
    assert [series.label for series in plot.series] == ["expected", "yours"]
    assert plot.series[0].y[0] == -2
    assert plot.series[1].y[0] == 2


def test_inputs_are_hidden_but_the_sheets() -> None:
    one, other = (CHECK.questions(Hidden.of(b"secret", sha)).arrays for sha in ("a", "b"))
    same = [key for key in one if np.array_equal(one[key], other[key])]
    assert same == [f"{CHECK.name}.0.0", f"{CHECK.name}.0.1"]


def test_a_check_without_a_share_is_a_mistake_of_the_assignment() -> Any:
    def shown(rng: Any) -> Any:
        return convolutions(rng)[:1]

    assert CHECK.mistakes() == ()
    assert CHECK.model_copy(update={"groups": shown}).mistakes() == ("groups: none has a share",)
