"""Checks of what the student wrote in the markdown."""

from typing import Annotated

from pydantic import Field

from grader.checks import describe
from grader.checks.seen import comparison, graded
from grader.domain.check import Case, Check
from grader.domain.codes import Named
from grader.domain.detail import Detail, StudentText
from grader.domain.numbers import stated_numbers
from grader.domain.outcome import NotGraded, Outcome, Pending
from grader.domain.question import Question


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
            message = "No number is stated as the result; write it behind the formula."
            return graded(0, message, details, code="no_number")
        if len(stated) > 1:
            found = ", ".join(describe.clip(number.written, 30) for number in stated[:5])
            message = f"Ambiguous: several different numbers are stated as the result ({found})."
            return graded(0, message, details, code="several_numbers")
        (number,) = stated
        if number.could_be(self.expected):
            return graded(1, f"{describe.count(self.expected)} is right.", details)
        wrong = describe.clip(number.written, 40)
        blocks: tuple[Detail, ...] = (
            comparison("number", describe.count(self.expected), wrong),
            *details,
        )
        mistake = next((m for m in self.misconceptions if number.could_be(m.value)), None)
        if mistake is not None:
            return graded(
                mistake.share, f"{wrong} is not right. {mistake.sentence}", blocks, mistake.id
            )
        hint = " Give the exact number." if number.approximate else ""
        return graded(0, f"{wrong} is not right.{hint}", blocks)

    def mistakes(self) -> tuple[str, ...]:
        """See `Check`."""
        if any(mistake.value == self.expected for mistake in self.misconceptions):
            return (f"misconceptions: {self.expected} is the expected number",)
        return ()


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
