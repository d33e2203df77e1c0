from typing import Any

import made
import numpy as np
import pytest

from grader.checks.functions import FunctionMatches
from grader.checks.misconception import pairs
from grader.domain.evidence import Answered
from grader.domain.hidden import Hidden
from reference.cnn.convolution import convolve_1d
from reference.cnn.inputs import SHEET_H, SHEET_X, convolutions
from reference.cnn.misconceptions_convolution import CHANGES_INPUT, IN_CONVOLUTION

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


def test_writing_into_the_input_is_named_and_costs_little() -> None:
    check = CHECK.model_copy(update={"changes_input": CHANGES_INPUT})
    outcome = check.judge(made.case(made.function(check, in_place)))
    assert (outcome.misconception, outcome.score) == ("changes_its_input", 0.9)
    assert any("writes into" in getattr(detail, "text", "") for detail in outcome.details)
    wrong = check.judge(made.case(made.function(check, lambda x, h: in_place(x, h[::-1]))))
    assert wrong.misconception == "kernel_not_flipped"


def test_writing_into_the_input_is_only_a_note_where_the_assignment_does_not_name_it() -> None:
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


def as_code(mistake: Any) -> Any:
    """A function of a student who makes the mistake; it raises where that may go wrong anyhow."""

    def code(x: Any, h: Any) -> Any:
        y = mistake.build(x, h)
        if y is None:
            raise IndexError("index 7 is out of bounds")
        return y

    return code


SPECIAL = {"answer_of_the_sheet", "right_for_the_sheet_only"}


@pytest.mark.parametrize("mistake", IN_CONVOLUTION, ids=lambda m: m.id)
def test_each_misconception_is_named_and_loses_points(mistake: Any) -> None:
    outcome = judge(as_code(mistake))
    assert outcome.misconception == mistake.id
    assert outcome.score < 1
    assert (outcome.score == 0) == (mistake.id in SPECIAL)


@pytest.mark.parametrize("pair", tuple(pairs(IN_CONVOLUTION)), ids=lambda pair: pair.id)
def test_of_two_mistakes_at_once_both_are_named_or_the_one_that_explains_all(pair: Any) -> None:
    outcome = judge(as_code(pair))
    made_ = set(pair.id.split("+"))
    if "three_numbers_only" in made_:
        made_.add("right_for_the_sheet_only")  # nothing else is left once something is added
    if "right_for_the_sheet_only" not in made_:
        assert outcome.misconception is not None
    assert set((outcome.misconception or pair.id).split("+")) <= made_
    assert outcome.score < 0.91


@pytest.mark.parametrize(
    ("code", "named"),
    [
        (lambda x, h: np.convolve(x, h[::-1], "valid"), "kernel_not_flipped+valid_length"),
        (lambda x, h: np.convolve(x, h[::-1], "full"), "full_length+kernel_not_flipped"),
        (
            lambda x, h: np.convolve(x, h[::-1], "same").astype(int),
            "cut_to_integers+kernel_not_flipped",
        ),
    ],
)
def test_two_mistakes_are_named_in_the_order_of_their_names(code: Any, named: Any) -> None:
    outcome = judge(code)
    assert outcome.misconception == named
    assert "not flipped" in outcome.message
    assert 0 < outcome.score < 0.3


def wrong_for(lengths: Any) -> Any:
    def code(x: Any, h: Any) -> Any:
        if len(h) in lengths:
            raise ValueError(f"length {len(h)}")
        return np.convolve(x, h, "same")

    return code


def zeros_for_even(x: Any, h: Any) -> Any:
    return np.convolve(x, h, "same") * (len(h) % 2)


@pytest.mark.parametrize(
    ("code", "named", "score"),
    [
        (wrong_for({2, 4, 6, 8}), "even_filters", 0.7),
        (zeros_for_even, "even_filters", 0.7),
        (lambda x, h: np.convolve(x, h)[len(h) // 2 :][: len(x)], "even_filters", 0.7),
        (wrong_for({1}), "one_number_filter", 0.9),
        (wrong_for({1, 2, 4, 6, 8}), "even_filters+one_number_filter", 0.6),
    ],
)
def test_groups_that_are_right_keep_their_share_and_the_others_are_named(
    code: Any, named: Any, score: Any
) -> None:
    outcome = judge(code)
    assert (outcome.status, outcome.misconception) == ("partial", named)
    assert outcome.score == pytest.approx(score)


@pytest.mark.parametrize("lengths", [{7}, {2}, {1, 3}, {4, 5}, {9}])
def test_what_only_resembles_a_mistake_is_not_called_one(lengths: Any) -> None:
    outcome = judge(wrong_for(lengths))
    assert outcome.misconception is None
    assert outcome.code == "raised"
    assert any(f"ValueError: length {length}" in outcome.message for length in lengths)


@pytest.mark.parametrize(
    "code",
    [
        lambda x, h: 2 * np.convolve(x, h, "same"),
        lambda x, h: -np.convolve(x, h, "same"),
        lambda x, h: np.convolve(x, h, "same") / len(h),
        lambda x, h: np.convolve(x, h, "same")[::-1],
        lambda x, h: np.cumsum(x),
        lambda x, h: np.convolve(x, np.abs(h), "same"),
        lambda x, h: x * h[0],
        lambda x, h: np.random.default_rng(0).normal(size=len(x)),
        lambda x, h: 1 / 0,
    ],
)
def test_a_mistake_that_nobody_foresaw_gets_no_name(code: Any) -> None:
    outcome = judge(code)
    assert outcome.misconception is None
    assert outcome.score < 0.11


def cut_to_integers(x: Any, h: Any) -> Any:
    y = np.zeros_like(x)
    y[:] = np.convolve(x, h, "same")
    return y


def test_results_cut_to_integers_lose_little() -> None:
    outcome = judge(cut_to_integers)
    assert outcome.score == pytest.approx(0.9)
    assert outcome.misconception == "cut_to_integers"


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        (lambda x, h: np.convolve(x, h, "same")[:, None], ["its shape is (", ", 1), ("]),
        (lambda x, h: np.convolve(x, h, "same") + 1, ["at [0] where", "numbers are off, by up to"]),
        (lambda x, h: (9 * np.convolve(x, h, "same")).astype(int), ["are of type int64"]),
        (lambda x, h: None, ["it gave NoneType"]),
        (lambda x, h: np.array(["a"] * len(x)), ["it gave ndarray"]),
    ],
)
def test_where_no_mistake_matches_the_message_says_how_and_on_which_input(
    code: Any, parts: Any
) -> None:
    check = CHECK.model_copy(update={"misconceptions": ()})
    message = check.judge(made.case(made.function(check, code))).message
    assert "wrong for filters of odd length: with arguments of " in message
    assert " and 3 numbers, " in message
    assert all(part in message for part in parts), message


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
