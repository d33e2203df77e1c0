"""Checks of what the student wrote in the markdown."""

from fractions import Fraction
from typing import Annotated

from pydantic import Field

from grader.checks import describe
from grader.checks.seen import comparison, graded
from grader.domain import numbers
from grader.domain.check import Case, Check
from grader.domain.codes import Named
from grader.domain.detail import Detail, StudentText
from grader.domain.number_tokens import tokens
from grader.domain.numbers import stated_numbers
from grader.domain.outcome import NotGraded, Outcome, Pending, Scored
from grader.domain.plain import plain
from grader.domain.question import Question

ROUNDED_SHARE = 0.5
"""What a rounded number leaves."""
ROUGHLY = Fraction(1, 10)
"""A number that is further off than this share of the right one is no rounding of it."""


class WrongNumber(Named):
    """A number that tells which mistake was made."""

    value: int
    share: Annotated[float, Field(ge=0, lt=1)]
    """Part of the points that it leaves."""


class StatedNumber(Check):
    """The answer states the right number.

    Measures: the numbers that the text states as results; those inside a formula do not count. It
    must state one number, however it is written.

    Why: counting by hand is the exercise; what a cell printed is no answer.

    Fix: write the result behind the formula.
    """

    question: Question
    expected: int
    misconceptions: tuple[WrongNumber, ...] = ()
    rounded: Named | None = None
    """What is said of the right number with zeros at its end; it leaves half of the points."""
    formula: Named | None = None
    """What is said of a formula without its result."""

    @property
    def id(self) -> str:
        """See `Check`."""
        return "number"

    def written(self) -> tuple[Question, ...]:
        """See `Check`."""
        return (self.question,)

    def judge(self, case: Case) -> Outcome:
        """See `Check`."""
        text = case.submission.answers.get(self.question.id, "")
        if not text.strip():
            message = "Nothing was written below the question."
            return NotGraded(reason="not_answered", message=message)
        details = (StudentText(label=self.question.title, text=text),)
        stated = stated_numbers(text)
        if not stated:
            return self._nothing_stated(text, details)
        if len(stated) > 1:
            found = ", ".join(describe.clip(number.written, 30) for number in stated[:5])
            message = f"Ambiguous: several different numbers are stated as the result ({found})."
            return graded(0, message, details, code="several_numbers")
        (number,) = stated
        if number.could_be(self.expected):
            return graded(1, f"{describe.count(self.expected)} is right.", details)
        return self._wrong(number, details)

    def _nothing_stated(self, text: str, details: tuple[Detail, ...]) -> Scored:
        if self.formula is not None and _is_formula(text):
            return graded(0, self.formula.sentence, details, self.formula.id)
        message = "No number is stated as the result; write it behind the formula."
        return graded(0, message, details, code="no_number")

    def _wrong(self, number: numbers.StatedNumber, details: tuple[Detail, ...]) -> Scored:
        wrong = describe.clip(number.written, 40)
        blocks: tuple[Detail, ...] = (
            comparison("number", describe.count(self.expected), wrong),
            *details,
        )
        mistake = next((m for m in self.misconceptions if number.could_be(m.value)), None)
        if mistake is not None:
            message = f"{wrong} is not right. {mistake.sentence}"
            return graded(mistake.share, message, blocks, mistake.id)
        if self.rounded is not None and _is_rounded(number, self.expected):
            message = f"{wrong} is not exact. {self.rounded.sentence}"
            return graded(ROUNDED_SHARE, message, blocks, self.rounded.id)
        hint = " Give the exact number." if number.approximate else ""
        return graded(0, f"{wrong} is {_far(number.value, self.expected)}.{hint}", blocks)

    def mistakes(self) -> tuple[str, ...]:
        """See `Check`."""
        if any(mistake.value == self.expected for mistake in self.misconceptions):
            return (f"misconceptions: {self.expected} is the expected number",)
        return ()


def _is_formula(text: str) -> bool:
    kinds = [token.kind for token in tokens(plain(text[: numbers.MAX_TEXT]))]
    return kinds.count("number") > 1 and "operator" in kinds


def _is_rounded(number: numbers.StatedNumber, expected: int) -> bool:
    """Whether it is the expected one to fewer places, cut or rounded to the nearest."""
    return any(
        abs(value - expected) <= ROUGHLY * expected
        and any(
            value in {expected // unit * unit, (expected + unit // 2) // unit * unit}
            for unit in (10**places for places in range(1, len(str(expected))))
        )
        for value in number.readings
    )


def _far(value: Fraction, expected: int) -> str:
    """Such as ``too small, by 12 % of the right number``; the right one is not given away."""
    share = float(min(abs(value - expected) / max(abs(expected), 1), Fraction(10**6)))
    side = "large" if value > expected else "small"
    by = f"{100 * share:.3g} % of the right number" if share < 10 else f"{share:.2g} times that"
    return f"too {side}, by {by}"


class FreeText(Check):
    """An answer in words, which a person grades.

    Measures: nothing; the report shows the text.

    Why: nobody should lose points to a program that cannot read.

    Fix: nothing to fix.
    """

    question: Question

    @property
    def id(self) -> str:
        """See `Check`."""
        return "text"

    def written(self) -> tuple[Question, ...]:
        """See `Check`."""
        return (self.question,)

    def judge(self, case: Case) -> Outcome:
        """See `Check`."""
        text = case.submission.answers.get(self.question.id, "")
        if not text.strip():
            return Pending(message="Nothing was found below the question; a person will look.")
        shown = StudentText(label=self.question.title, text=text)
        return Pending(message="A person will grade this answer.", details=(shown,))
