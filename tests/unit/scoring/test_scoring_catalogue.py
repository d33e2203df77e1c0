"""Codes and what they mean: none without a meaning, none that is told in two ways."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from grader import scoring
from grader.checks.answers import StatedNumber, WrongNumber
from grader.domain.assignment import Assignment, Problem
from grader.domain.codes import codes_of
from grader.domain.evidence import Unanswered
from grader.domain.outcome import CheckBroke, Failed, NotGraded, Outcome, Partial, Passed, Pending
from grader.domain.question import Question
from grader.domain.run import Stopped
from grader.scoring.general_codes import GENERAL
from grader.scoring.registry import mistakes

CHECKS = Path(__file__).parents[3] / "grader" / "checks"
QUESTION = Question(id="q", title="q", anchors=("how many",))


def numbers(*wrong: WrongNumber) -> Assignment:
    check = StatedNumber(question=QUESTION, expected=1, misconceptions=wrong)
    problem = Problem(id="count", title="Count", points=2, checks=(check,))
    return Assignment(id="a", title="A", problems=(problem, problem.model_copy(update={"id": "b"})))


def wrong(
    value: int, brief: str = "counted rows", sentence: str = "These are rows."
) -> WrongNumber:
    return WrongNumber(id="rows", value=value, sentence=sentence, brief=brief, share=0)


def given_codes(keyword: str) -> Iterator[str]:
    """What the checks pass under that name, as far as it is written there."""
    for path in CHECKS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == keyword:
                yield from (
                    part.value
                    for part in ast.walk(node.value)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )


@pytest.mark.parametrize(
    ("outcome", "codes"),
    [
        (Passed(message=""), ("passed",)),
        (Passed(message="", misconception="no_bias"), ("no_bias",)),
        (Pending(message=""), ("pending",)),
        (CheckBroke(message=""), ("check_broke",)),
        (Failed(message=""), ("differs",)),
        (Failed(message="", code="raised"), ("raised",)),
        (Partial(message="", score=0.5, misconception="a_b+c"), ("a_b", "c")),
        (NotGraded(message="", reason="memory"), ("memory",)),
    ],
)
def test_every_outcome_has_a_code(outcome: Outcome, codes: tuple[str, ...]) -> None:
    assert codes_of(outcome) == codes


def test_every_reason_for_missing_evidence_has_a_meaning() -> None:
    reasons = {
        *get_args(Unanswered.model_fields["reason"].annotation),
        *get_args(Stopped.model_fields["reason"].annotation),
        *given_codes("reason"),
        *given_codes("code"),
    } - {"finished"}
    assert reasons > {"missing", "memory", "not_answered"}
    assert reasons <= {code.id for code in GENERAL}


def test_a_code_that_means_the_same_in_two_problems_stands_once() -> None:
    (code, *_) = scoring.catalogue(numbers(wrong(2))).codes
    assert (code.id, code.problems) == ("rows", ("count", "b"))


def test_ways_to_see_one_mistake_share_a_code_and_its_brief() -> None:
    assignment = numbers(wrong(2, ""), wrong(3, sentence="Rows, rounded."))
    (code, *_) = scoring.catalogue(assignment).codes
    assert code.sentences == ("These are rows.", "Rows, rounded.")
    assert code.brief == "counted rows"
    assert list(mistakes(assignment)) == []


def test_a_mistake_that_would_be_told_in_two_ways_is_refused() -> None:
    (said, *_) = mistakes(numbers(wrong(2), wrong(3, "counted columns")))
    assert said == (
        "problem 'count': mistake 'rows': found the briefs 'counted rows', 'counted columns', "
        "expected one"
    )


def test_a_problems_own_meaning_of_a_code_goes_before_the_general_one() -> None:
    missing = wrong(2).model_copy(update={"id": "missing", "brief": "left it out"})
    known = scoring.catalogue(numbers(missing))
    assert known.brief("count", "missing") == "left it out"
    assert known.brief("other", "missing") == "had nothing of that name"
    assert known.brief("count", "never_heard_of") == ""
