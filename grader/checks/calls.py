"""Compares what one call gave with what the reference gives."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from grader.checks import describe, tolerance
from grader.checks.seen import Seen
from grader.domain.base import Frozen
from grader.domain.evidence import CallAnswer, FunctionAnswer

Arguments = tuple[NDArray[np.generic], ...]
Function = Callable[..., NDArray[np.generic]]
Mistaken = Callable[..., NDArray[np.generic] | None]
"""A function with a mistake; None where it goes wrong in whatever way, such as by an error."""

EXACT = 1e-6
"""Relative to the size of the expected numbers, for results in float64 or integers."""


class Group(Frozen):
    """Calls that belong together: right where all of them are."""

    id: str
    title: str
    """In words for the student, such as ``filters of even length``."""
    calls: tuple[Arguments, ...] = Field(min_length=1)
    share: Annotated[float, Field(ge=0)]
    """Part of the points, relative to the other groups; 0 for inputs that the sheet shows."""


@dataclass(frozen=True)
class Wrong:
    """The first call of a group whose result is another.

    Attributes:
        group: whose call it is.
        arguments: what it was called with.
        expected: what the reference gives.
        found: what it gave, None where it gave no numbers.
        text: how they differ, in words.
        code: kind of the difference: ``raised`` or ``timed_out``, None for another result.
    """

    group: Group
    arguments: Arguments
    expected: tolerance.Numbers
    found: tolerance.Numbers | None
    text: str
    code: str | None

    @property
    def sizes(self) -> str:
        """Of the arguments: ``23 and 3``."""
        return " and ".join(describe.count(argument.size) for argument in self.arguments)


def wrong_groups(
    seen: Seen[FunctionAnswer], groups: tuple[Group, ...], reference: Function
) -> tuple[Wrong, ...]:
    """The groups in which the answers differ from the reference's, with the first such call."""
    given = iter(seen.answer.calls)
    return tuple(
        differing[0]
        for group in groups
        if (differing := list(_wrong_calls(seen, group, given, reference)))
    )


def left_open(
    seen: Seen[FunctionAnswer], groups: tuple[Group, ...], mistaken: Mistaken, reference: Function
) -> int | None:
    """How many answers a mistake does not foretell but for being wrong; None: it does not fit.

    It fits where each answer equals the mistaken function's, and differs from the reference's where
    that gives None. One that foretells every answer leaves 0 open and explains most; one that
    foretells none explains nothing and does not fit.
    """
    given = iter(seen.answer.calls)
    count = 0
    foretold = False
    for arguments in (arguments for group in groups for arguments in group.calls):
        call = next(given, None)
        if call is None or call.timed_out or not call.repeatable:
            return None
        expected = _result(mistaken, arguments)
        wanted = _result(reference, arguments) if expected is None else expected
        assert wanted is not None
        differs = _difference(call, tolerance.read(seen.tensors, call.key), wanted) is not None
        if differs is not (expected is None):
            return None
        count += expected is None
        foretold |= expected is not None
    return count if foretold else None


def _wrong_calls(
    seen: Seen[FunctionAnswer], group: Group, given: Iterator[CallAnswer], reference: Function
) -> Iterator[Wrong]:
    for arguments in group.calls:
        call = next(given, None)
        expected = _result(reference, arguments)
        assert expected is not None
        found = tolerance.read(seen.tensors, call.key) if call else None
        text = _difference(call, found, expected)
        if text is not None:
            yield Wrong(group, arguments, expected, found, text, _code(call))


def _result(function: Mistaken, arguments: Arguments) -> tolerance.Numbers | None:
    """What one of our functions gives for copies of the arguments."""
    return tolerance.numbers(function(*(argument.copy() for argument in arguments)))


def _code(call: CallAnswer | None) -> str | None:
    if call is None or not (call.error or call.timed_out):
        return None
    return "raised" if call.error else "timed_out"


def _difference(
    call: CallAnswer | None, found: tolerance.Numbers | None, expected: tolerance.Numbers
) -> str | None:
    if call is None:
        return "it was not called"
    if call.error is not None:
        return f"it raised {describe.raised(call.error)}"
    if call.timed_out:
        return "it took too long"
    if not call.repeatable:
        return "a second call with the same input gave another result"
    return _other_numbers(call, found, expected)


def _other_numbers(
    call: CallAnswer, found: tolerance.Numbers | None, expected: tolerance.Numbers
) -> str | None:
    dtype = describe.clip(call.dtype, 40)
    if found is None:
        kind = f" of type {dtype}" if dtype else ""
        return f"it gave {describe.clip(call.type, 40) or 'nothing'}{kind}, not an array of numbers"
    allowed = tolerance.BY_DTYPE.get(call.dtype, EXACT)
    gap = tolerance.difference(found, expected, tolerance.largest(expected), allowed)
    if gap is None or not dtype or dtype.startswith("float"):
        return gap
    return f"{gap}; its numbers are of type {dtype}"
