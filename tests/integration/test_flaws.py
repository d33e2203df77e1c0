"""One mistake per problem, graded for real: it costs points there, it is named, and only there."""

import pytest
from integration_support import complaints, name_of

from grader.matrix import Proof, Sheet, sheets
from reference.cnn.assignment import assignment

FLAWS = [sheet for sheet in sheets(assignment.rehearsed) if sheet.kind == "flaw"]


@pytest.mark.parametrize("sheet", FLAWS, ids=name_of)
def test_every_mistake_costs_points_on_its_own_problem_alone(proof: Proof, sheet: Sheet) -> None:
    off = complaints(proof, sheet)
    assert not off, "\n".join(off)
