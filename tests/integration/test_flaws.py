"""One mistake per problem, graded for real: it costs points there, it is named, and only there."""

from collections.abc import Iterator

import pytest
from integration_support import Grade
from notebooks import edits

from grader.domain.report import ProblemReport
from grader.notebook.variants import Pack, Solution
from reference.cnn.variants import FLAWS

NEEDS_A_FULL_TRAINING = {"fc_accuracy", "lenet_accuracy", "cnn_accuracy"}
SOLUTION = Solution(edits.solution())
PACKS = SOLUTION.packed(FLAWS, lambda one, other: bool(one.concerns.keys() & other.concerns.keys()))


def _name(pack: Pack) -> str:
    return "+".join(edit.name for edit in pack)


@pytest.mark.parametrize("pack", PACKS, ids=_name)
def test_every_mistake_costs_points_on_its_own_problem_alone(grade: Grade, pack: Pack) -> None:
    graded = grade(edits.to_bytes(edits.without_training(SOLUTION.with_variants(pack))))
    assert graded.report.run.stopped == "finished"
    wrong = [
        f"{problem.id} ({problem.earned} of {problem.possible}, {problem.message}): {text}"
        for problem in graded.report.problems
        if problem.id not in NEEDS_A_FULL_TRAINING
        for text in _wrong(problem, pack)
    ]
    assert not wrong, "\n".join(wrong)


def _wrong(problem: ProblemReport, pack: Pack) -> Iterator[str]:
    """What is not as the pack's mistakes have it."""
    mistake = next((edit for edit in pack if problem.id in edit.concerns), None)
    if mistake is None:
        if problem.earned + problem.pending < problem.possible:
            yield f"it lost points, and none of {_name(pack)} concerns it"
        return
    if problem.earned == problem.possible:
        yield f"{mistake.name} was not noticed"
    named = {check.misconception for check in problem.checks} - {None}
    expected = mistake.concerns[problem.id]
    if named != ({expected} - {None}):
        yield f"{mistake.name} was named {sorted(named)}, expected {expected}"
