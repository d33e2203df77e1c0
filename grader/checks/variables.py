"""Checks of arrays that the notebook computes from another array of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from grader.checks import describe, tolerance
from grader.checks.misconception import Misconception, Suspect, pairs, singles
from grader.checks.seen import Seen, absent, answers, favourable, found_notes, graded
from grader.domain.check import Case, Check, Questions
from grader.domain.detail import Detail, Note
from grader.domain.evidence import VariablesAnswer, VariableSeen
from grader.domain.hidden import Hidden
from grader.domain.outcome import Failed, Outcome, Partial, Passed, Scored
from grader.domain.probe import ReadVariables

ALIKE = 1e-6
"""How far the notebook's array may be from ours, relative to its largest number."""

MIN_SIDE = 32
"""Rows and columns that an image of the notebook's own must have."""

MIN_VALUES = 50
"""An own image has more values: one of few may be made from the result that should follow."""

MAX_PAIRED = 100_000
"""Numbers of a result for which two mistakes at once are tried: dozens of arrays are made."""

Derive = Callable[[tolerance.Numbers], NDArray[np.generic]]
"""NaN in its result marks what may come out either way, such as a number on a threshold."""

Mistaken = Callable[[tolerance.Numbers], NDArray[np.generic] | None]
"""None where the mistake cannot be told from the given array."""


@dataclass(frozen=True)
class _Basis:
    """What the result is judged against.

    Attributes:
        given: the array that it should have been computed from.
        own: it is the notebook's, and not one of ours.
    """

    given: tolerance.Numbers
    own: bool


class ArrayMatches(Check):
    """A variable holds what follows from another variable.

    Measures: both are read when the first is bound. Where the other equals one that we computed
    from the exercise's files, or comes from an image of the student's own choice, the result must
    follow from it; where it is missing or no image, from one of ours. An image has 32 x 32 pixels
    and more than 50 values, and is another array than the result: of a black and white one, any
    result could be said to follow. Booleans, integers and floats are equal.

    Why: the last value is what the cell shows.

    Fix: print a few numbers of both, side by side.
    """

    name: str
    given: str
    """Variable that it is computed from."""
    reference: Derive
    """Computes the result; a given array from which one value follows everywhere shows nothing."""
    sources: Callable[[], tuple[tolerance.Numbers, ...]]
    """Given arrays that we computed, from the exercise's files."""
    misconceptions: tuple[Misconception, ...] = ()
    """Their `build` takes the given array and makes the result with the mistake; None where nothing
    is known of that array, such as which image it came from."""

    @property
    def id(self) -> str:
        """See `Check`."""
        return "array"

    def questions(self, hidden: Hidden) -> Questions:  # noqa: ARG002 - nothing is hidden here
        """See `Check`."""
        return Questions((ReadVariables(id=self.name, names=(self.name, self.given)),))

    def judge(self, case: Case) -> Outcome:
        """See `Check`."""
        seen = answers(case, self.name, VariablesAnswer)
        outcomes = (self._outcome(item) for item in reversed(seen))
        return favourable(outcomes) or absent(case, self.name)

    def _outcome(self, seen: Seen[VariablesAnswer]) -> Scored:
        mine = _variable(seen, self.name)
        found = tolerance.read(seen.tensors, mine.key if mine else None)
        if found is None:
            kind = f": it is {_kind(mine)}" if mine and mine.type else ""
            return Failed(message=f"`{self.name}` is no array of numbers{kind}.")
        other = _variable(seen, self.given)
        bases = self._bases(tolerance.read(seen.tensors, other.key if other else None), found)
        return max((self._against(b, found, seen) for b in bases), key=lambda o: o.score)

    def _bases(
        self, given: tolerance.Numbers | None, found: tolerance.Numbers
    ) -> tuple[_Basis, ...]:
        """What the notebook's array counts as; all of ours where it is no image."""
        ours = tuple(_Basis(source, own=False) for source in self.sources())
        if given is None:
            return ours
        same = tuple(basis for basis in ours if _alike(given, basis.given))
        if same:
            return same
        return (_Basis(given, own=True),) if self._shows_something(given, found) else ours

    def _shows_something(self, given: tolerance.Numbers, found: tolerance.Numbers) -> bool:
        """An image, from which more than one value follows, and not the result itself."""
        if given.ndim != 2 or min(given.shape) < MIN_SIDE or not tolerance.finite(given):
            return False
        if np.unique(given).size <= MIN_VALUES or _alike(found, given):
            return False
        with np.errstate(all="ignore"):
            return _varies(self.reference(given))

    def _against(
        self, basis: _Basis, found: tolerance.Numbers, seen: Seen[VariablesAnswer]
    ) -> Passed | Partial | Failed:
        notes: tuple[Detail, ...] = found_notes(seen.answer.found)
        if basis.own:
            notes += (Note(text=f"`{self.given}` is not from the exercise's image; it was used."),)
        gap = _gap(found, self.reference(basis.given))
        if gap is None:
            return graded(1, f"`{self.name}` is what follows from `{self.given}`.", notes)
        mistake = self._mistake(basis, found)
        if mistake is not None:
            message = f"`{self.name}` is another. {mistake.sentence}"
            return graded(mistake.share, message, notes, mistake.id)
        message = f"`{self.name}` is not what follows from `{self.given}`: {gap}."
        return graded(0, message, notes)

    def _mistake(self, basis: _Basis, found: tolerance.Numbers) -> Suspect | None:
        """What explains the result; two mistakes only where none alone does."""
        couples = pairs(self.misconceptions) if found.size <= MAX_PAIRED else ()
        known = chain(singles(self.misconceptions), couples)
        fitting = (s for s in known if _follows(found, basis.given, s.build))
        return next(fitting, None)


def _variable(seen: Seen[VariablesAnswer], name: str) -> VariableSeen | None:
    return next((v for v in seen.answer.variables if v.name == name), None)


def _kind(variable: VariableSeen) -> str:
    of = f" of type {variable.dtype}" if variable.dtype else ""
    return describe.clip(f"{variable.type}{of}", 60)


def _alike(one: tolerance.Numbers, other: tolerance.Numbers) -> bool:
    return tolerance.difference(one, other, tolerance.largest(other), ALIKE) is None


def _follows(found: tolerance.Numbers, given: tolerance.Numbers, mistaken: Mistaken) -> bool:
    """Whether the result is the mistake's, and not one that any array could have."""
    derived = mistaken(given)
    return derived is not None and _gap(found, derived) is None and _varies(derived)


def _varies(derived: NDArray[np.generic]) -> bool:
    """Whether it decides for more than one value."""
    values = tolerance.numbers(derived)
    if values is None:
        return False
    decided = values[~np.isnan(values)]
    return decided.size > 0 and bool(decided.min() < decided.max())


def _gap(found: tolerance.Numbers, derived: NDArray[np.generic]) -> str | None:
    """How the result differs from the derived one where that is decided."""
    expected = tolerance.numbers(derived)
    assert expected is not None
    if found.shape == expected.shape:
        decided = ~np.isnan(expected)
        found, expected = np.where(decided, found, 0.0), np.where(decided, expected, 0.0)
    return tolerance.difference(found, expected, tolerance.largest(expected), ALIKE)
