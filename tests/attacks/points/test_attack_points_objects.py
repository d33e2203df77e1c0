"""Objects that lie about what they are, and functions that behave only while they are graded."""

from unittest.mock import patch

import pytest
from points_grading import Arena, broken, flagged, gained, points
from points_honest import FLAWED, IMPORTS
from points_objects import (
    AGREEABLE,
    COARSE,
    CUT,
    IN_NAMES,
    IN_OTHER_NAMES,
    LIARS,
    ONCE,
    ONLY_FOR_THE_GUEST,
    PLAIN,
    RESULTS,
)
from points_weak import called_once
from points_weak_guest import THEIR_COMPARISON, guest_with

from grader.checks import tolerance
from grader.domain.report import ScoreReport


@pytest.mark.parametrize("names", [IN_NAMES, IN_OTHER_NAMES], ids=["equal to all", "subclasses"])
def test_objects_that_lie_earn_nothing(arena: Arena, honest: ScoreReport, names: str) -> None:
    report = arena.grade((*FLAWED, LIARS, RESULTS, names)).report
    assert broken(report) == []
    assert gained(report, honest) == {}


def test_objects_that_lie_from_the_start_earn_nothing(arena: Arena) -> None:
    report = arena.grade((IMPORTS, LIARS, RESULTS + IN_NAMES + IN_OTHER_NAMES)).report
    assert broken(report) == []
    assert report.earned == 0


def test_a_function_that_errs_at_the_second_call_is_not_right(arena: Arena) -> None:
    graded = arena.grade((IMPORTS, ONCE))
    assert broken(graded.report) == []
    assert points(graded.report)["conv1d"] == 0
    assert points(arena.judged(called_once(graded)))["conv1d"] == 10


def test_a_guest_that_compares_by_the_objects_own_operator_is_told_that_all_is_equal(
    arena: Arena,
) -> None:
    notebook = (IMPORTS, LIARS, ONCE + AGREEABLE)
    report = arena.grade(notebook).report
    assert broken(report) == []
    assert points(report)["conv1d"] == 0
    with guest_with(THEIR_COMPARISON):
        assert points(arena.grade_anew(notebook).report)["conv1d"] == 10


def test_a_function_that_is_right_only_for_the_guest_earns_what_the_right_one_does(
    arena: Arena,
) -> None:
    """It holds the whole solution: nothing was forged but its behaviour towards the student."""
    plain = arena.grade((IMPORTS, PLAIN)).report
    report = arena.grade((IMPORTS, ONLY_FOR_THE_GUEST)).report
    assert points(report) == points(plain)
    assert flagged(report) == {"shortcut_call", "reaches_for_grader"}


@pytest.mark.parametrize(("claim", "most"), [("bfloat16", 0), ("float16", 1)])
def test_a_coarse_type_that_is_claimed_does_not_hide_a_rounded_result(
    arena: Arena, claim: str, most: float
) -> None:
    """float16 has a tolerance: one point in 1 of 100 draws of hidden inputs, no more in 3,000."""
    rounded = arena.grade((IMPORTS, CUT)).report
    report = arena.grade((IMPORTS, COARSE.format(claim=claim), CUT)).report
    assert broken(report) == []
    assert points(rounded)["conv1d"] == 0
    assert report.earned == points(report)["conv1d"] <= most


def test_where_a_claimed_type_is_believed_points_are_won(arena: Arena) -> None:
    """How many depends on the hidden inputs: three to all ten in 300 draws of them."""
    graded = arena.grade((IMPORTS, COARSE.format(claim="bfloat16"), CUT))
    with patch.dict(tolerance.BY_DTYPE, {"bfloat16": 5e-2}):
        won = points(arena.judged(graded))["conv1d"]
    assert won > points(graded.report)["conv1d"]
