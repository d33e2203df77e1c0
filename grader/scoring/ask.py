"""What an assignment asks: the probes, arrays and questions of all its checks together."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from grader.domain.assignment import Assignment, Problem
from grader.domain.check import Check, Questions
from grader.domain.hidden import Hidden
from grader.domain.question import Question
from grader.errors import AssignmentError

if TYPE_CHECKING:
    from grader.domain.probe import Probe


def questions(assignment: Assignment, hidden: Hidden) -> Questions:
    """Everything that is asked inside, each probe and each array once.

    Raises:
        AssignmentError: two checks use one id for different probes or arrays.
    """
    return _merge(_checks(assignment.problems), hidden)


def probes_of(problem: Problem, hidden: Hidden) -> frozenset[str]:
    """Ids of the probes that the problem's checks wait for.

    Raises:
        AssignmentError: two of its checks use one id for different probes or arrays.
    """
    return frozenset(probe.id for probe in _merge(problem.checks, hidden).probes)


def written(assignment: Assignment) -> tuple[Question, ...]:
    """The questions of the markdown, each once.

    Raises:
        AssignmentError: two checks use one id for different questions.
    """
    merged: dict[str, Question] = {}
    for check in _checks(assignment.problems):
        for question in check.written():
            if merged.setdefault(question.id, question) != question:
                raise AssignmentError(
                    f"question {question.id!r}: two checks define it differently, expected one"
                )
    return tuple(merged.values())


def _checks(problems: Iterable[Problem]) -> Iterable[Check]:
    return (check for problem in problems for check in problem.checks)


def _merge(checks: Iterable[Check], hidden: Hidden) -> Questions:
    probes: dict[str, Probe] = {}
    arrays: dict[str, NDArray[np.generic]] = {}
    for check in checks:
        asked = check.questions(hidden)
        for probe in asked.probes:
            if probes.setdefault(probe.id, probe) != probe:
                raise AssignmentError(
                    f"probe {probe.id!r}: two checks define it differently, expected one"
                )
        for key, array in asked.arrays.items():
            if not _same(arrays.setdefault(key, array), array):
                raise AssignmentError(
                    f"array {key!r}: two checks fill it differently, expected one content"
                )
    return Questions(tuple(probes.values()), arrays)


def _same(one: NDArray[np.generic], other: NDArray[np.generic]) -> bool:
    return one is other or (one.dtype == other.dtype and np.array_equal(one, other))
