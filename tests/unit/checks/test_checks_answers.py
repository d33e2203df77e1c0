from typing import Any

import made
import pytest

from grader.checks.answers import FreeText, StatedNumber, WrongNumber
from grader.domain.question import Question

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
