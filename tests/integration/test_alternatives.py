"""Other right ways, graded for real: none of them costs a point."""

import pytest
from integration_support import Grade
from notebooks import edits

from grader.notebook.variants import Pack, Solution
from reference.cnn.variants import RIGHT

NEEDS_A_FULL_TRAINING = {"fc_accuracy", "lenet_accuracy", "cnn_accuracy"}
SOLUTION = Solution(edits.solution())
PACKS = SOLUTION.packed(RIGHT, lambda one, other: False)


def _name(pack: Pack) -> str:
    return "+".join(edit.name for edit in pack)


@pytest.mark.parametrize("pack", PACKS, ids=_name)
def test_right_notebooks_of_another_kind_keep_all_points(grade: Grade, pack: Pack) -> None:
    graded = grade(edits.to_bytes(edits.short_training(SOLUTION.with_variants(pack))))
    assert graded.report.run.stopped == "finished"
    lost = [
        f"{[edit.name for edit in pack if problem.id in edit.concerns]} lost points of "
        f"{problem.id}: {problem.earned} of {problem.possible}. {problem.message}"
        for problem in graded.report.problems
        if problem.id not in NEEDS_A_FULL_TRAINING
        and problem.earned + problem.pending < problem.possible
    ]
    assert not lost, "\n".join(lost)
