"""How differences are told: shape, first element, size; within a length budget."""

import numpy as np
import pytest

from grader.checks import describe
from grader.checks.tolerance import difference, numbers
from grader.domain.raised import Raised

EXPECTED = np.array([[1.0, 2.0], [3.0, 4.0]])


def told(found: np.ndarray, expected: np.ndarray = EXPECTED) -> str | None:
    return difference(numbers(found), expected, 4.0, 1e-3)


def test_equal_within_the_tolerance_of_the_scale_is_no_difference() -> None:
    assert told(EXPECTED + 3.9e-3) is None
    assert told(EXPECTED + 4.1e-3) is not None


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (np.ones(3), "its shape is (3,), (2, 2) was expected"),
        (np.array([[1, 2], [5, 4]]), "it holds 5 at [1, 0] where 3 was expected; 1 of 4"),
        (np.array([[1, np.nan], [3, 4]]), "it holds NaN at [0, 1]"),
        (np.array([[1, -np.inf], [3, 4]]), "it holds -infinity at [0, 1]"),
        (EXPECTED * 1.25, "by up to 25 % of the expected range"),
        (EXPECTED * 1e6, "times the expected range"),
        (np.array(["text"]), "it is no array of numbers"),
        (EXPECTED.astype(complex), "it is no array of numbers"),
    ],
)
def test_a_difference_is_told(found: np.ndarray, text: str) -> None:
    assert text in str(told(found))


def test_nothing_agrees_with_nan() -> None:
    spoilt = np.where(EXPECTED == 3, np.nan, EXPECTED)
    assert told(EXPECTED, spoilt) is not None
    assert told(spoilt, spoilt) is not None


def test_texts_stay_within_their_budget() -> None:
    assert len(describe.clip("word " * 10**5)) == describe.BUDGET
    assert describe.clip("a\nb\t c") == "a b c"
    assert len(describe.array(np.full(10**5, 1 / 3))) < 100
    error = Raised(name="ValueError", message="x" * 10_000, line="y" * 500)
    assert len(describe.raised(error)) < 350


@pytest.mark.parametrize(
    ("value", "text"), [(0.1, "0.1"), (1 / 3, "0.333333"), (np.nan, "NaN"), (np.inf, "infinity")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert describe.number(value) == text
