"""The matrix of a small assignment whose rubric is right, and of ones whose rubric is off."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from matrix_small import (
    BENCH,
    PRODUCT,
    SUM,
    Given,
    flaw,
    graded,
    guest,
    notebook,
    right,
    told,
    verdicts,
)

from grader.domain.assignment import Assignment, Problem
from grader.domain.check import Case
from grader.domain.outcome import Outcome
from grader.errors import SandboxError
from grader.matrix import Proof, Sheet, prove, sheets
from grader.sandbox import FakeSandbox, Job


def test_a_rubric_that_is_right_has_nothing_off(small: Assignment) -> None:
    words = right("words", {"sum": None}, sum="2 + 3 = 5")
    rows = graded(small, words, SUM, PRODUCT)
    assert set(rows) == {"solution", "release", "words", "sum_off", "product_off"}
    assert not [line for row in rows.values() for line in row.complaints()]
    assert verdicts(rows["solution"]) == verdicts(rows["words"]) == ["kept"] * 3
    assert rows["release"].marks["sum"].earned == 0
    assert verdicts(rows["sum_off"]) == ["found", "taken", "kept"]
    assert verdicts(rows["product_off"]) == ["taken", "found", "kept"]


def test_a_mistake_that_costs_nothing_is_not_noticed(small: Assignment) -> None:
    (row,) = graded(small, flaw("same", {"sum": None}, sum="5.0"), only=("same",)).values()
    assert verdicts(row) == ["not_noticed", "kept", "kept"]
    assert "same, sum: not noticed (4 of 4)" in row.complaints()[0]


@pytest.mark.parametrize(
    ("stated", "said"),
    [("swapped", "6"), (None, "6"), ("sum_off_by_one", "70")],
    ids=["another name", "no name", "a name that does not come"],
)
def test_a_mistake_that_is_named_otherwise_is_misnamed(
    small: Assignment, stated: str | None, said: str
) -> None:
    row = graded(small, flaw("off", {"sum": stated}, sum=said))["off"]
    assert verdicts(row) == ["misnamed", "kept", "kept"]
    assert f"expected {stated or 'nothing'}" in row.complaints()[0]


def test_a_mistake_that_also_costs_points_elsewhere_is_off_there(small: Assignment) -> None:
    row = graded(small, flaw("wide", {"product": None}, product="60", sum="60"))["wide"]
    assert verdicts(row) == ["lost", "found", "kept"]
    assert "lost points that it must keep" in row.complaints()[0]


def test_a_mistake_must_cost_points_in_every_problem_that_it_concerns(small: Assignment) -> None:
    both = flaw("both_off", {"sum": "sum_off_by_one", "product": None}, sum="6")
    assert verdicts(graded(small, both)["both_off"]) == ["found", "not_noticed", "kept"]


def test_a_problem_may_suffer_from_what_it_rests_on_and_from_nothing_else(
    small: Assignment,
) -> None:
    rows = graded(small, flaw("below", {"sum": "sum_off_by_one"}, sum="6", both="12")) | graded(
        small, flaw("beside", {"product": None}, product="60", both="99")
    )
    assert verdicts(rows["below"]) == ["found", "kept", "follows"]
    assert verdicts(rows["beside"]) == ["kept", "found", "lost"]


def test_alone_nothing_hides_behind_another_variant(small: Assignment) -> None:
    variants = (
        flaw("below", {"sum": "sum_off_by_one"}, sum="6"),
        flaw("beside", {"product": None}, product="60", both="99"),
    )
    chosen = small.model_copy(update={"variants": variants})
    proven = prove(sheets(chosen, alone=True), Proof(chosen, BENCH), workers=1)
    rows = {row.name: row for finished in proven for row in finished}
    assert verdicts(rows["below"]) == ["found", "kept", "kept"]
    assert verdicts(rows["beside"]) == ["kept", "found", "lost"]


def test_where_a_shared_notebook_is_off_each_suspect_is_graded_alone(small: Assignment) -> None:
    wide = flaw("wide", {"product": None}, product="60", sum="7")
    innocent = flaw("innocent", {"both": "both_off_by_one"}, both="12")
    chosen = small.model_copy(update={"variants": (wide, innocent)})
    (shared,) = (sheet for sheet in sheets(chosen) if sheet.kind == "flaw")
    assert [row.off for row in Proof(chosen, BENCH).grade(shared)] == [True, True]
    rows = graded(small, wide, innocent)
    assert verdicts(rows["wide"]) == ["lost", "found", "kept"]
    assert verdicts(rows["innocent"]) == ["kept", "kept", "found"]


def test_another_right_way_that_loses_points_is_off_and_its_neighbours_are_not(
    small: Assignment,
) -> None:
    rows = graded(
        small,
        right("words", {"sum": None}, sum="2 + 3 = 5"),
        right("roman", {"product": None}, product="VI"),
    )
    assert verdicts(rows["words"]) == ["kept", "taken", "kept"]
    assert verdicts(rows["roman"]) == ["kept", "lost", "kept"]


def test_a_solution_without_full_points_is_off(small: Assignment) -> None:
    assert small.solution is not None
    small.solution.write_text(notebook({"sum": "5.", "product": "7.", "both": "11."}))
    row = graded(small)["solution"]
    assert verdicts(row) == ["kept", "lost", "kept"]
    assert row.off


@pytest.mark.parametrize(("share", "off"), [(0.05, True), (0.5, False)])
def test_a_release_may_earn_no_more_than_staff_allow(
    small: Assignment, share: float, off: bool
) -> None:
    generous = Problem(id="gift", title="A gift", points=4, checks=(Given(),))
    update = {"release_share": share, "problems": (*small.problems, generous)}
    row = graded(small.model_copy(update=update))["release"]
    assert row.marks["gift"].earned == 4
    assert row.off is off


def test_what_breaks_on_our_side_is_a_row_that_is_off_and_the_others_go_on(
    small: Assignment,
) -> None:
    asked: list[Job] = []

    def flaky(job: Job) -> Iterable[bytes]:
        asked.append(job)
        if len(asked) == 1:
            raise SandboxError("no_slot", "no slot is free")
        yield from guest(job)

    chosen = small.model_copy(update={"variants": (SUM,)})
    proven = prove(
        sheets(chosen), Proof(chosen, replace(BENCH, sandbox=FakeSandbox(flaky))), workers=1
    )
    rows = [row for finished in proven for row in finished]
    assert [row.off for row in rows] == [True, False, False]
    assert rows[0].complaints() == ["solution: no slot is free"]


ENDS = {
    "a cell that fails": ("error", {"reason": "finished"}, "solution: cell 6: error"),
    "a run that was cut off": (
        "ok",
        {"reason": "wall_time", "message": "at 9 s"},
        "solution: the run ended: wall_time at 9 s",
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_solution_that_does_not_run_to_its_end_is_off(small: Assignment, name: str) -> None:
    status, end, complaint = ENDS[name]
    box = FakeSandbox(lambda job: told(job, status, end))
    (row,) = Proof(small, replace(BENCH, sandbox=box)).grade(Sheet("solution"))
    assert row.complaints() == [complaint]


class Broken(Given):
    """A judgement with a mistake of ours."""

    def judge(self, case: Case) -> Outcome:
        raise ZeroDivisionError


def test_a_judgement_that_breaks_is_off_in_every_row(small: Assignment) -> None:
    broken = Problem(id="broken", title="Broken", points=1, checks=(Broken(),))
    problems = (*small.problems, broken)
    rows = graded(small.model_copy(update={"problems": problems}), SUM)
    assert {row.marks["broken"].verdict for row in rows.values()} == {"broke"}
    assert all(row.off for row in rows.values())
