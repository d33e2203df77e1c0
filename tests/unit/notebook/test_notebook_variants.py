"""Variants of the solution: every one applies, and leaves a notebook whose cells are Python."""

import copy

import nbformat
import pytest
from notebooks import course, edits
from pydantic import ValidationError

from grader.domain.variant import Variant
from grader.errors import AssignmentError
from grader.notebook.variants import Solution, to_bytes
from reference.cnn.assignment import assignment
from reference.cnn.variants import FLAWS, RIGHT, VARIANTS

SOLUTION = Solution(edits.solution())
PROBLEMS = {problem.id for problem in assignment.problems}


def change(changes: dict[str, str]) -> Variant:
    return Variant(name="changed", concerns={"fc": None}, changes=changes)


def share_a_problem(one: Variant, other: Variant) -> bool:
    return bool(one.concerns.keys() & other.concerns.keys())


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_every_variant_changes_the_solution_and_leaves_python(variant: Variant) -> None:
    made = SOLUTION.with_variants((variant,))
    nbformat.validate(nbformat.reads(to_bytes(made).decode(), as_version=4))
    assert [c["source"] for c in made["cells"]] != [c["source"] for c in edits.solution()["cells"]]
    for cell in made["cells"]:
        assert cell["cell_type"] != "code" or course.compiles(cell["source"]), cell["source"]
    assert variant.concerns.keys() <= PROBLEMS


def test_there_are_many_of_both_kinds_and_no_name_comes_twice() -> None:
    assert len(RIGHT) >= 20
    assert len(FLAWS) >= 30
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS)


@pytest.mark.parametrize("made", [RIGHT, FLAWS], ids=["right", "flaws"])
@pytest.mark.parametrize("alone", [True, False])
def test_packs_hold_every_variant_once_and_can_be_made(
    made: tuple[Variant, ...], alone: bool
) -> None:
    apart = share_a_problem if alone else lambda one, other: False
    packs = SOLUTION.packed(made, apart)
    assert sorted(v.name for pack in packs for v in pack) == sorted(v.name for v in made)
    assert packs == SOLUTION.packed(made, apart)
    for pack in packs:
        SOLUTION.with_variants(pack)
        problems = [problem for variant in pack for problem in variant.concerns]
        assert not alone or len(problems) == len(set(problems))


@pytest.mark.parametrize("text", ["no cell holds this", "import", "epochs = 5"])
def test_a_text_in_no_cell_or_in_several_is_refused(text: str) -> None:
    with pytest.raises(AssignmentError, match="not once"):
        SOLUTION.with_variants([change({text: ""})])


def test_overlapping_changes_are_refused() -> None:
    with pytest.raises(AssignmentError, match="overlaps"):
        SOLUTION.with_variants([change({"criterion = nn.Cross": "", "nn.CrossEntropyLoss()": ""})])


def test_a_cell_below_one_that_is_not_there_is_refused() -> None:
    lost = Variant(name="lost", concerns={"fc": None}, below={"no-such-cell": "text"})
    with pytest.raises(AssignmentError, match="no cell 'no-such-cell'"):
        SOLUTION.with_variants([lost])


def test_a_variant_that_changes_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="changes nothing"):
        Variant(name="same", concerns={"fc": None})


def test_a_change_leaves_the_given_notebook_and_the_other_cells_alone() -> None:
    before = copy.deepcopy(SOLUTION.notebook)
    made = SOLUTION.with_variants([change({"criterion = nn.CrossEntropyLoss()": "criterion = 0"})])
    assert before == SOLUTION.notebook
    pairs = zip(made["cells"], before["cells"], strict=True)
    assert [a["id"] for a, b in pairs if a != b] == ["criterion"]
