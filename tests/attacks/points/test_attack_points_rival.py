"""Weights: a rival that was made worse, and test images that were learned by heart."""

from points_grading import Arena, broken, gained, points, problem
from points_honest import IMPORTS
from points_rival import GOOD_LENET, LEARNED_BY_HEART, POOR_CNN, SETTING, WEAKER_RIVAL

HONEST = (IMPORTS, SETTING, GOOD_LENET, POOR_CNN)


def test_a_rival_that_was_made_worse_still_counts_as_it_was_best(arena: Arena) -> None:
    honest = arena.grade(HONEST).report
    assert points(honest)["lenet_accuracy"] == 8
    (against,) = [c for c in problem(honest, "cnn_accuracy").checks if c.id.startswith("against")]
    assert against.earned == 0, "the network does fall behind"
    report = arena.grade((*HONEST, WEAKER_RIVAL)).report
    assert broken(report) == []
    assert gained(report, honest) == {}


def test_test_images_that_were_learned_by_heart_are_noted(arena: Arena) -> None:
    """Nothing tells such weights from others, but for what they reach: see the threat model."""
    report = arena.grade((IMPORTS, SETTING, LEARNED_BY_HEART)).report
    assert points(report)["fc_accuracy"] == 8
    (check,) = problem(report, "fc_accuracy").checks
    assert any("on the test images as well?" in d.text for d in check.details if d.kind == "note")
