"""What must keep all points, or get none: other right ways, the solution, the release."""

import pytest
from integration_support import complaints, name_of

from grader.matrix import Proof, Sheet, sheets
from reference.cnn.assignment import assignment

OTHERS = [sheet for sheet in sheets(assignment.rehearsed) if sheet.kind != "flaw"]


@pytest.mark.parametrize("sheet", OTHERS, ids=name_of)
def test_right_notebooks_keep_all_points_and_an_empty_one_gets_none(
    proof: Proof, sheet: Sheet
) -> None:
    off = complaints(proof, sheet)
    assert not off, "\n".join(off)
