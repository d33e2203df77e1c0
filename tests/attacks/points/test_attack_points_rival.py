"""A network that falls behind another one is not helped by making the other one worse."""

from points_grading import Arena, broken, gained, points, problem
from points_honest import IMPORTS
from points_rival import GOOD_LENET, POOR_CNN, SETTING, WEAKER_RIVAL

HONEST = (IMPORTS, SETTING, GOOD_LENET, POOR_CNN)


def test_a_rival_that_was_made_worse_still_counts_as_it_was_best(arena: Arena) -> None:
    honest = arena.grade(HONEST).report
    assert points(honest)["lenet_accuracy"] == 8
    (against,) = [c for c in problem(honest, "cnn_accuracy").checks if c.id.startswith("against")]
    assert against.earned == 0, "the network does fall behind"
    report = arena.grade((*HONEST, WEAKER_RIVAL)).report
    assert broken(report) == []
    assert gained(report, honest) == {}
