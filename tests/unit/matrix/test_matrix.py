"""The matrix of a small assignment whose rubric is right, and of ones whose rubric is off."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from grader.checks.answers import StatedNumber, WrongNumber
from grader.domain.assignment import Assignment, Problem
from grader.domain.check import Case, Check, Lab, Labelled
from grader.domain.limits import Limits
from grader.domain.outcome import Outcome, Passed
from grader.domain.question import Question
from grader.domain.variant import Variant
from grader.errors import AssignmentError, SandboxError
from grader.evidence import pack
from grader.matrix import Proof, Row, Sheet, misfits, prove, sheets
from grader.running import Bench
from grader.sandbox import FakeSandbox, Job

ANSWERS = {"sum": 5, "product": 6, "both": 11}
"""2 + 3, 2 * 3, and these two added up."""


def problem(name: str, rests_on: tuple[str, ...] = ()) -> Problem:
    question = Question(id=name, title=name, anchors=(f"what is the {name}",))
    mistakes = (
        WrongNumber(id=f"{name}_off_by_one", value=ANSWERS[name] + 1, share=0.5, sentence="?"),
    )
    check = StatedNumber(question=question, expected=ANSWERS[name], misconceptions=mistakes)
    return Problem(id=name, title=name, points=4, checks=(check,), rests_on=rests_on)


def notebook(answers: dict[str, str]) -> str:
    cells: list[dict[str, object]] = []
    for name, answer in answers.items():
        cells += [
            {"id": name, "source": f"What is the {name}?"},
            {"id": f"{name}-answer", "source": f"The {name} is {answer}"},
        ]
    cells = [{"cell_type": "markdown", "metadata": {}, **cell} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


@pytest.fixture
def small(tmp_path: Path) -> Assignment:
    solution, release = tmp_path / "solution.ipynb", tmp_path / "release.ipynb"
    solution.write_text(notebook({name: f"{right}." for name, right in ANSWERS.items()}))
    release.write_text(notebook(dict.fromkeys(ANSWERS, "...")))
    problems = (problem("sum"), problem("product"), problem("both", rests_on=("sum",)))
    return Assignment(
        id="small", title="Small", problems=problems, solution=solution, release=release
    )


def flaw(name: str, concerns: dict[str, str | None], **says: str) -> Variant:
    changes = {f"The {key} is {ANSWERS[key]}.": f"The {key} is {new}." for key, new in says.items()}
    return Variant(name=name, concerns=concerns, changes=changes)


def right(name: str, concerns: dict[str, str | None], **says: str) -> Variant:
    return flaw(name, concerns, **says).model_copy(update={"right": True})


SUM = flaw("sum_off", {"sum": "sum_off_by_one"}, sum="6")
PRODUCT = flaw("product_off", {"product": None}, product="60")


class Given(Check):
    """Points for nothing."""

    @property
    def id(self) -> str:
        return "given"

    def judge(self, case: Case) -> Outcome:
        return Passed(message="Here you are.")


def guest(job: Job) -> Iterable[bytes]:
    yield pack(b'{"type":"hello","environment":{}}')
    yield pack(b'{"type":"end","reason":"finished"}')


def no_data(name: str) -> Labelled:
    raise AssertionError(name)


BENCH = Bench(
    sandbox=FakeSandbox(guest),
    lab=Lab(dataset=no_data),
    secret=b"secret",
    data=None,
    limits=Limits(threads=1),
)


def graded(small: Assignment, *variants: Variant, only: tuple[str, ...] = ()) -> dict[str, Row]:
    chosen = small.model_copy(update={"variants": variants})
    proven = prove(sheets(chosen, only), Proof(chosen, BENCH), workers=2)
    rows = [row for finished in proven for row in finished]
    assert len({row.name for row in rows}) == len(rows)
    return {row.name: row for row in rows}


def verdicts(row: Row) -> list[str]:
    return [row.marks[name].verdict for name in ANSWERS]


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
