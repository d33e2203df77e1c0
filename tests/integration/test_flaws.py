"""One mistake per problem, graded for real: it costs points there, it is named, and only there."""

import pytest
from integration_support import complaints, name_of

from grader.matrix import Proof, Sheet, sheets
from grader.matrix.judge import shadows
from reference.cnn.assignment import assignment

FLAWS = [sheet for sheet in sheets(assignment.rehearsed) if sheet.kind == "flaw"]
TRAINED = frozenset({"fc_accuracy", "lenet_accuracy", "cnn_accuracy"})
"""Problems whose points depend on how well a network was trained."""
SHADOWS = shadows(assignment.rehearsed)


def _only_follow(sheet: Sheet) -> bool:
    """Whether each of `TRAINED` rests on what a flaw concerns: whatever it earns is right then.

    Nothing that the networks of such a notebook learned is judged, so it is graded on few digits.
    """
    shaded = [SHADOWS[problem] for flaw in sheet.pack for problem in flaw.concerns]
    return frozenset[str]().union(*shaded) >= TRAINED


@pytest.mark.parametrize("sheet", FLAWS, ids=name_of)
def test_every_mistake_costs_points_on_its_own_problem_alone(
    once: Proof, hasty: Proof, sheet: Sheet
) -> None:
    off = complaints(hasty if _only_follow(sheet) else once, sheet)
    assert not off, "\n".join(off)


def test_no_mistake_of_an_accuracy_itself_is_tried_on_next_to_nothing() -> None:
    few = [variant for sheet in FLAWS if _only_follow(sheet) for variant in sheet.pack]
    assert len(few) > 20
    assert not [variant.name for variant in few if TRAINED & variant.concerns.keys()]
