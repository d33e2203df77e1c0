"""Which notebooks the matrix is made of."""

import pytest
from matrix_small import PRODUCT, SUM, flaw

from grader.domain.assignment import Assignment
from grader.domain.variant import Variant
from grader.errors import AssignmentError
from grader.matrix import Sheet, misfits, sheets
from grader.matrix.judge import shadows


def test_a_variant_that_does_not_fit_the_solution_is_told_before_anything_is_graded(
    small: Assignment,
) -> None:
    lost = Variant(name="lost", concerns={"sum": None}, changes={"no such text": ""})
    chosen = small.model_copy(update={"variants": (SUM, lost)})
    assert misfits(chosen) == [
        "variant 'lost': 'no such text': found 0 times in the solution, not once"
    ]
    assert misfits(chosen.model_copy(update={"solution": None, "variants": ()})) == []
    assert misfits(chosen.model_copy(update={"solution": None}))


@pytest.mark.parametrize(
    ("only", "names"),
    [
        (("sum",), [("sum_off",)]),
        (("product_off", "release"), [("release",), ("product_off",)]),
        ((), [("solution",), ("release",), ("sum_off", "product_off")]),
    ],
)
def test_rows_are_chosen_by_their_names_or_by_problem(
    small: Assignment, only: tuple[str, ...], names: list[tuple[str, ...]]
) -> None:
    chosen = small.model_copy(update={"variants": (SUM, PRODUCT)})
    assert [sheet.names for sheet in sheets(chosen, only)] == names


def test_an_unknown_row_is_refused(small: Assignment) -> None:
    with pytest.raises(AssignmentError, match=r"sun: found no such variant or problem"):
        sheets(small, ("sun",))


def test_flaws_that_could_hide_each_other_never_share_a_notebook(small: Assignment) -> None:
    """One would cost points where the other must be named."""
    both = flaw("both_off", {"both": "both_off_by_one"}, both="12")
    chosen = small.model_copy(update={"variants": (SUM, both, PRODUCT)})
    flaws = [sheet.names for sheet in sheets(chosen) if sheet.kind == "flaw"]
    assert flaws == [("sum_off", "product_off"), ("both_off",)]


def test_an_assignment_without_a_solution_has_no_matrix(small: Assignment) -> None:
    assert sheets(small.model_copy(update={"solution": None})) == ()
    assert Sheet("solution").names == ("solution",)


def test_what_rests_on_something_that_rests_on_the_mistake_may_suffer_too(
    small: Assignment,
) -> None:
    third = small.problems[1].model_copy(update={"id": "third", "rests_on": ("both",)})
    chain = (*small.problems, third)
    assert shadows(small.model_copy(update={"problems": chain})) == {
        "sum": {"both", "third"},
        "product": frozenset(),
        "both": {"third"},
        "third": frozenset(),
    }
