"""The fixtures themselves: every change applies, every cell is Python."""

import nbformat
import pytest

from notebooks import course, edits
from notebooks.alternatives import ALTERNATIVES
from notebooks.edit import Edit, packed, together
from notebooks.flaws import FLAWS
from reference.cnn.assignment import assignment

EDITS = (*ALTERNATIVES.values(), *FLAWS.values())
PROBLEMS = {problem.id for problem in assignment.problems}


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_every_edit_changes_the_solution_and_leaves_python(edit: Edit) -> None:
    made = together((edit,))
    nbformat.validate(made)
    assert [c.source for c in made.cells] != [c.source for c in edits.solution().cells]
    for cell in made.cells:
        assert cell.cell_type != "code" or course.compiles(cell.source), cell.source
    assert edit.concerns
    assert edit.concerns.keys() <= PROBLEMS


def test_there_are_many_of_both_kinds() -> None:
    assert len(ALTERNATIVES) >= 20
    assert len(FLAWS) >= 30


@pytest.mark.parametrize("made", [ALTERNATIVES, FLAWS], ids=["alternatives", "flaws"])
@pytest.mark.parametrize("alone", [True, False])
def test_packs_hold_every_edit_once_and_can_be_made(made: dict[str, Edit], alone: bool) -> None:
    packs = packed(tuple(made.values()), one_per_problem=alone)
    assert sorted(edit.name for pack in packs for edit in pack) == sorted(made)
    assert packs == packed(tuple(made.values()), one_per_problem=alone)
    for pack in packs:
        together(pack)
        problems = [problem for edit in pack for problem in edit.concerns]
        assert not alone or len(problems) == len(set(problems))


def test_a_text_in_no_cell_or_in_several_is_refused() -> None:
    for text in ("no cell holds this", "import", "epochs = 5"):
        with pytest.raises(edits.NotOneCellError, match="expected once"):
            edits.edited(edits.solution(), {text: ""})


def test_overlapping_changes_are_refused() -> None:
    changes = {"criterion = nn.Cross": "", "nn.CrossEntropyLoss()": ""}
    with pytest.raises(edits.NotOneCellError, match="overlapping"):
        edits.edited(edits.solution(), changes)


def test_a_change_leaves_the_given_notebook_and_the_other_cells_alone() -> None:
    given = edits.solution()
    made = edits.edited(given, {"criterion = nn.CrossEntropyLoss()": "criterion = None"})
    assert given == edits.solution()
    differing = [a.id for a, b in zip(made.cells, given.cells, strict=True) if a != b]
    assert differing == ["criterion"]


def test_without_training_no_training_is_called() -> None:
    made = edits.without_training(edits.solution())
    called = [c.id for c in made.cells if c.cell_type == "code" and "\ntrain_model(" in c.source]
    assert called == []
    assert all(course.compiles(c.source) for c in made.cells if c.cell_type == "code")


def test_a_short_training_still_calls_every_training() -> None:
    made = edits.short_training(edits.solution())
    called = [c.id for c in made.cells if c.cell_type == "code" and "\ntrain_model(" in c.source]
    assert called == ["fc-train", "lenet-train", "cnn-train"]
    assert not [c.id for c in made.cells if "epochs = 5" in c.source]
