"""Weights: a rival that was made worse, and test images that were learned by heart."""

from points_grading import Arena, broken, gained, points, problem
from points_honest import IMPORTS
from points_rival import GOOD_LENET, LEARNED_BY_HEART, POOR_CNN, SETTING, WEAKER_RIVAL
from points_weak import AgainstTheNewest, with_check

from grader.checks.against import AccuracyAgainst
from grader.domain.check import Check

HONEST = (IMPORTS, SETTING, GOOD_LENET, POOR_CNN)


def checks(arena: Arena) -> tuple[Check, ...]:
    return tuple(check for problem in arena.assignment.problems for check in problem.checks)


def test_a_rival_that_was_made_worse_still_counts_as_it_was_best(arena: Arena) -> None:
    honest = arena.grade(HONEST).report
    assert points(honest)["lenet_accuracy"] == 8
    (against,) = [c for c in problem(honest, "cnn_accuracy").checks if c.id.startswith("against")]
    assert against.earned == 0, "the network does fall behind"
    attack = arena.grade((*HONEST, WEAKER_RIVAL))
    assert broken(attack.report) == []
    assert gained(attack.report, honest) == {}
    (check,) = [c for c in checks(arena) if isinstance(c, AccuracyAgainst)]
    weak = AgainstTheNewest(**dict(check))
    report = arena.judged(attack, lambda a: with_check(a, "cnn_accuracy", weak))
    assert points(report)["cnn_accuracy"] == 8, "compared with what it was left as, it wins"


def test_test_images_that_were_learned_by_heart_are_noted(arena: Arena) -> None:
    """Nothing tells such weights from others, but for what they reach: see the threat model."""
    report = arena.grade((IMPORTS, SETTING, LEARNED_BY_HEART)).report
    assert points(report)["fc_accuracy"] == 8
    (check,) = problem(report, "fc_accuracy").checks
    assert any("on the test images as well?" in d.text for d in check.details if d.kind == "note")
