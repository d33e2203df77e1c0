from typing import Any

import made
import pytest

from grader.checks.answers import FreeText, StatedNumber, WrongNumber
from grader.domain.question import Question
from reference.cnn.misconceptions_counts import (
    CNN_COUNT,
    FC_COUNT,
    FORMULA_ONLY,
    IN_FC_COUNT,
    IN_LENET_COUNT,
    LENET_COUNT,
    ROUNDED,
)
from reference.cnn.models import CNN, FC, LeNet

QUESTION = Question(id="fc_count", title="How many?", anchors=("how many",))
CHECK = StatedNumber(
    question=QUESTION,
    expected=567_434,
    misconceptions=(
        WrongNumber(id="no_biases", value=566_528, sentence="Biases are missing.", share=0.5),
    ),
)


def judge(text: Any) -> Any:
    return CHECK.judge(made.case(written={} if text is None else {"fc_count": text}))


@pytest.mark.parametrize(
    "text",
    [
        "567434",
        "567,434",
        "$567434$",
        "≈ 0.57M (567434)",
        "(784 + 1) * 512 + (512 + 1) * 256 + (256 + 1) * 128 + (128 + 1) * 10 = 567434",
    ],
)
def test_the_right_number_passes_however_it_is_written(text: Any) -> None:
    assert judge(text).status == "passed"


@pytest.mark.parametrize("text", ["567435", "about half a million", "567434 or 106154", "0.57M"])
def test_another_number_none_or_several_fail(text: Any) -> None:
    assert judge(text).status == "failed"


@pytest.mark.parametrize(
    ("text", "code"),
    [("567435", None), ("about half", "no_number"), ("567434 or 106154", "several_numbers")],
)
def test_a_wrong_answer_has_the_code_of_its_kind(text: Any, code: Any) -> None:
    assert judge(text).code == code


def test_several_numbers_are_called_ambiguous() -> None:
    assert judge("It is 567434 or 106154.").message.startswith("Ambiguous: ")


def test_a_number_that_tells_the_mistake_leaves_its_share() -> None:
    outcome = judge("566528")
    assert (outcome.misconception, outcome.score) == ("no_biases", 0.5)


STRICT = CHECK.model_copy(update={"rounded": ROUNDED, "formula": FORMULA_ONLY})


def judge_strictly(text: Any) -> Any:
    return STRICT.judge(made.case(written={"fc_count": text}))


@pytest.mark.parametrize(
    "text", ["about 0.57 million", "567,000", "567,430", "567k", "0.6M", "570000"]
)
def test_a_number_that_is_right_but_rounded_is_named(text: Any) -> None:
    outcome = judge_strictly(text)
    assert (outcome.misconception, outcome.score) == ("rounded", 0.5)


@pytest.mark.parametrize("text", ["566,000", "1,000,000", "500,000", "567,435", "567,440", "0"])
def test_another_number_is_no_rounding(text: Any) -> None:
    outcome = judge_strictly(text)
    assert (outcome.status, outcome.misconception) == ("failed", None)


def test_a_formula_without_its_result_is_named() -> None:
    outcome = judge_strictly("785*512 + 513*256 + 257*128 + 129*10")
    assert (outcome.status, outcome.misconception) == ("failed", "formula_only")
    assert judge_strictly("I do not know, some layers").misconception is None


@pytest.mark.parametrize(
    ("text", "far"),
    [
        ("567435", "too large, by 0.000176 % of the right number"),
        ("1", "too small, by 100 % of the right number"),
        ("9" * 30, "too large, by 1e+06 times that"),
    ],
)
def test_a_number_that_tells_no_mistake_is_told_how_far_off_it_is(text: Any, far: Any) -> None:
    outcome = judge_strictly(text)
    assert far in outcome.message
    assert "567,434" not in outcome.message


COUNTS = {
    "fc_count": (FC_COUNT, IN_FC_COUNT),
    "lenet_count": (LENET_COUNT, IN_LENET_COUNT),
}


@pytest.mark.parametrize(
    ("model", "count"), [(FC(), FC_COUNT), (LeNet(), LENET_COUNT), (CNN((16, 32, 64)), CNN_COUNT)]
)
def test_the_counts_are_those_of_the_networks(model: Any, count: Any) -> None:
    assert sum(parameter.numel() for parameter in model.parameters()) == count


@pytest.mark.parametrize(("model", "mistakes"), [(FC(), IN_FC_COUNT), (LeNet(), IN_LENET_COUNT)])
def test_the_wrong_counts_are_those_of_weights_alone_and_of_each_layer(
    model: Any, mistakes: Any
) -> None:
    values = {
        name: {m.value for m in mistakes if m.id == name} for name in ("no_biases", "one_layer")
    }
    weights = sum(p.numel() for p in model.parameters() if p.ndim > 1)
    leaves = [module for module in model.modules() if not list(module.children())]
    layers = {sum(p.numel() for p in leaf.parameters()) for leaf in leaves} - {0}
    assert values == {"no_biases": {weights}, "one_layer": layers}


@pytest.mark.parametrize("name", COUNTS)
def test_each_wrong_count_is_named_and_loses_points(name: Any) -> None:
    expected, mistakes = COUNTS[name]
    check = STRICT.model_copy(update={"expected": expected, "misconceptions": mistakes})
    for mistake in mistakes:
        outcome = check.judge(made.case(written={"fc_count": f"{mistake.value:,}"}))
        assert (outcome.misconception, outcome.score) == (mistake.id, mistake.share)


@pytest.mark.parametrize("text", [None, "", "  \n "])
def test_nothing_written_is_not_graded(text: Any) -> None:
    outcome = judge(text)
    assert (outcome.status, outcome.reason) == ("not_graded", "not_answered")


def test_a_misconception_with_the_right_number_is_a_mistake_of_the_assignment() -> None:
    assert CHECK.mistakes() == ()
    assert CHECK.model_copy(update={"expected": 566_528}).mistakes()


def test_a_text_is_pending_and_shown() -> None:
    outcome = FreeText(question=QUESTION).judge(made.case(written={"fc_count": "It blurs."}))
    assert outcome.status == "pending"
    assert outcome.details[0].text == "It blurs."


def test_a_text_that_was_not_found_is_pending_as_well() -> None:
    assert FreeText(question=QUESTION).judge(made.case()).status == "pending"
