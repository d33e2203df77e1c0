"""Stable codes of outcomes: what a program counts, and what a class report says for each."""

from collections.abc import Iterator

from pydantic import BaseModel, Field

from grader.domain.base import Frozen
from grader.domain.outcome import Failed, NotGraded, Outcome, Partial

DIFFERS = "differs"
"""Code of a wrong answer for which there is no other."""
BETWEEN = "+"
"""Joins the ids of mistakes that an answer shows together."""


class Named(Frozen):
    """A mistake that a check can recognise and name."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """Its code; several ways to see one mistake share it."""
    sentence: str
    """For the student: what it is and where to look; not the solution."""
    brief: str = ""
    """What a class report says after "31 of 120": past tense, such as ``forgot to flip the
    kernel``. Where it is empty, the id says it in words."""


class Code(Frozen):
    """One code with what it means."""

    id: str
    problems: tuple[str, ...] = ()
    """Ids of the problems in which it can be found; none: in any."""
    sentences: tuple[str, ...]
    """What a student reads, one for each way in which the mistake can be seen."""
    brief: str = ""
    """See `Named.brief`."""


class Catalogue(Frozen):
    """All codes that the reports of an assignment can hold."""

    codes: tuple[Code, ...]

    def brief(self, problem: str, code: str) -> str:
        """What a class report says after "31 of 120"; empty where nothing is known."""
        known = [found for found in self.codes if found.id == code]
        named = (found.brief for found in known if problem in found.problems)
        anywhere = (found.brief for found in known if not found.problems)
        return next(named, next(anywhere, ""))


def named_within(value: object) -> Iterator[Named]:
    """The named mistakes in a value and in its fields, at any depth, in their order."""
    match value:
        case Named():
            yield value
        case BaseModel():
            for field in type(value).model_fields:
                yield from named_within(getattr(value, field))
        case tuple():
            for item in value:
                yield from named_within(item)
        case _:
            pass


def codes_of(outcome: Outcome) -> tuple[str, ...]:
    """At least one: the mistakes that are named, else why there is nothing to judge, else how."""
    if outcome.misconception:
        return tuple(outcome.misconception.split(BETWEEN))
    match outcome:
        case NotGraded():
            return (outcome.reason,)
        case Failed() | Partial():
            return (outcome.code or DIFFERS,)
        case _:
            return (outcome.status,)
