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
    """

    group: Group
    arguments: Arguments
    expected: tolerance.Numbers
    found: tolerance.Numbers | None
    text: str


def wrong_groups(
    seen: Seen[FunctionAnswer], groups: tuple[Group, ...], function: Function
) -> tuple[Wrong, ...]:
    """The groups in which the answers differ from the function's, with the first such call."""
    given = iter(seen.answer.calls)
    return tuple(
        differing[0]
        for group in groups
        if (differing := list(_wrong_calls(seen, group, given, function)))
    )


def _wrong_calls(
    seen: Seen[FunctionAnswer], group: Group, given: Iterator[CallAnswer], function: Function
) -> Iterator[Wrong]:
    for arguments in group.calls:
        call = next(given, None)
        expected = tolerance.numbers(function(*(argument.copy() for argument in arguments)))
        assert expected is not None
        found = tolerance.read(seen.tensors, call.key) if call else None
        text = _difference(call, found, expected)
        if text is not None:
            yield Wrong(group, arguments, expected, found, text)


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
    if found is None:
        return f"it gave {describe.clip(call.type, 40) or 'nothing'}, not an array of numbers"
    allowed = tolerance.BY_DTYPE.get(call.dtype, EXACT)
    return tolerance.difference(found, expected, tolerance.largest(expected), allowed)
