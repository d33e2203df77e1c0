"""Checks of functions over numpy arrays."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from grader.checks import describe, tolerance
from grader.checks.calls import Function, Group, Wrong, left_open, wrong_groups
from grader.checks.misconception import Misconception, Suspect, pairs, singles
from grader.checks.seen import (
    Seen,
    absent,
    answers,
    comparison,
    favourable,
    found_notes,
    graded,
)
from grader.domain.check import Case, Check, Questions
from grader.domain.codes import Named
from grader.domain.detail import Detail, Note, Plot, Series
from grader.domain.evidence import FunctionAnswer
from grader.domain.hidden import Hidden
from grader.domain.outcome import Outcome, Scored
from grader.domain.probe import Call, CallFunction

MAX_POINTS = 200


class SideEffect(Named):
    """What a function does besides giving its result."""

    share: Annotated[float, Field(ge=0, lt=1)]
    """Part of the points that it leaves where the results are right."""


class FunctionMatches(Check):
    """The function gives what the reference gives.

    Measures: it is called on hidden arrays, in groups that each have a share of the points, and
    every result is compared with the reference's, relative to its size. Inputs that the exercise
    sheet shows earn nothing by themselves. A result that changes from call to call is wrong.

    Why: any right code is right; an answer written down for one input is not a function.

    Fix: try the inputs that the report shows, the shortest first, by hand.
    """

    name: str
    reference: Function
    groups: Callable[[np.random.Generator], tuple[Group, ...]]
    """Draws the calls; the same ids, in the same order, for every generator."""
    misconceptions: tuple[Misconception, ...] = ()
    """Their `build` is the function with the mistake; None where it is wrong in whatever way."""
    changes_input: SideEffect | None = None
    """Named where all is right but an argument was written to; None: that is only a note."""

    @property
    def id(self) -> str:
        """See `Check`."""
        return "function"

    def questions(self, hidden: Hidden) -> Questions:
        """See `Check`."""
        arrays: dict[str, NDArray[np.generic]] = {}
        calls = []
        every = (arguments for group in self._groups(hidden) for arguments in group.calls)
        for number, arguments in enumerate(every):
            keys = tuple(f"{self.name}.{number}.{place}" for place in range(len(arguments)))
            arrays.update(zip(keys, arguments, strict=True))
            calls.append(Call(args=keys))
        probe = CallFunction(
            id=self.name, name=self.name, calls=tuple(calls), fits="like_first_argument"
        )
        return Questions((probe,), arrays)

    def judge(self, case: Case) -> Outcome:
        """See `Check`."""
        seen = answers(case, self.name, FunctionAnswer)
        groups = self._groups(case.hidden)
        outcomes = (self._outcome(item, groups) for item in reversed(seen))
        return favourable(outcomes) or absent(case, self.name)

    def mistakes(self) -> tuple[str, ...]:
        """See `Check`."""
        groups = self._groups(Hidden(seed="00"))
        return () if any(group.share for group in groups) else ("groups: none has a share",)

    def _groups(self, hidden: Hidden) -> tuple[Group, ...]:
        return self.groups(hidden.rng(self.name))

    def _outcome(self, seen: Seen[FunctionAnswer], groups: tuple[Group, ...]) -> Scored:
        notes: tuple[Detail, ...] = (
            *_notes(seen),
            *_plots(self.name, seen, groups, self.reference),
        )
        wrong = wrong_groups(seen, groups, self.reference)
        share = 1 - sum(w.group.share for w in wrong) / sum(group.share for group in groups)
        if not any(w.group.share for w in wrong):
            return self._right(seen, notes)
        details: tuple[Detail, ...] = (*map(_comparison, wrong), *notes)
        mistake = self._mistake(seen, groups)
        if mistake is not None:
            message = f"`{self.name}` does not give what it should. {mistake.sentence}"
            return graded(max(share, mistake.share), message, details, mistake.id)
        first = max(wrong, key=lambda w: w.group.share)
        message = (
            f"`{self.name}` is wrong for {first.group.title}: with arguments of {first.sizes} "
            f"numbers, {first.text}."
        )
        return graded(share, message, details, code=first.code)

    def _right(self, seen: Seen[FunctionAnswer], notes: tuple[Detail, ...]) -> Scored:
        message = f"`{self.name}` gives what it should on hidden inputs."
        habit = self.changes_input
        if habit is None or not _changes_input(seen):
            return graded(1, message, notes)
        return graded(habit.share, f"{message} {habit.sentence}", notes, habit.id)

    def _mistake(self, seen: Seen[FunctionAnswer], groups: tuple[Group, ...]) -> Suspect | None:
        """What explains most; two mistakes only where none alone foretells every answer."""
        best: tuple[int, Suspect] | None = None
        for suspect in chain(singles(self.misconceptions), pairs(self.misconceptions)):
            missed = left_open(seen, groups, suspect.build, self.reference)
            if missed == 0:
                return suspect
            if missed is not None and (best is None or missed < best[0]):
                best = missed, suspect
        return best and best[1]


def _comparison(wrong: Wrong) -> Detail:
    found = wrong.text if wrong.found is None else describe.array(wrong.found)
    label = f"{wrong.group.title} (arguments of {wrong.sizes} numbers)"
    return comparison(label, describe.array(wrong.expected), found)


def _changes_input(seen: Seen[FunctionAnswer]) -> bool:
    return any(call.changed_input for call in seen.answer.calls)


def _notes(seen: Seen[FunctionAnswer]) -> Iterator[Note]:
    yield from found_notes(seen.answer.found)
    if _changes_input(seen):
        yield Note(text="It writes into its arguments; a caller does not expect that.")


def _plots(
    name: str, seen: Seen[FunctionAnswer], groups: tuple[Group, ...], reference: Function
) -> Iterator[Plot]:
    """The student's result over the reference's, for inputs that the sheet shows."""
    first = 0
    for group in groups:
        call = seen.answer.calls[first] if first < len(seen.answer.calls) else None
        first += len(group.calls)
        found = tolerance.read(seen.tensors, call.key) if call else None
        expected = tolerance.numbers(reference(*group.calls[0]))
        if group.share == 0 and expected is not None and expected.ndim == 1:
            yours = (_series("yours", found),) if found is not None and found.ndim == 1 else ()
            yield Plot(
                title=f"{name}, {group.title}",
                x_label="position",
                y_label="result",
                series=(_series("expected", expected), *yours),
            )


def _series(label: str, values: tolerance.Numbers) -> Series:
    shown = values[:MAX_POINTS]
    return Series(
        label=label,
        style="stem" if label == "expected" else "points",
        x=tuple(map(float, range(shown.size))),
        y=tuple(float(y) if np.isfinite(y) else None for y in shown),
    )
