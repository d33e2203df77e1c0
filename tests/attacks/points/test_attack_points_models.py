"""Models that lie about what they hold, what they give, and what that depends on."""

import numpy as np
import pytest
from points_forgers import DECLARED_CNN
from points_grading import Arena, broken, gained, points, said
from points_honest import FLAWED, IMPORTS
from points_models import (
    FORGED_TABLES,
    HAND_MADE,
    LOOKING_UP,
    MORE_THAN_INPUT,
    NO_RELU,
    POSITIVE_WEIGHTS,
)
from points_weak import (
    ByItsOwnOutputs,
    ByPrintedAccuracy,
    believing_own_weights,
    with_check,
)
from points_weak_guest import THEIR_METHODS, guest_with

from grader.checks.accuracy import AccuracyReached
from grader.domain.report import ScoreReport
from grader.pipeline import Graded

CHEATING = (*FLAWED, LOOKING_UP)


def of_fc(arena: Arena) -> AccuracyReached:
    (wanted,) = [p for p in arena.assignment.problems if p.id == "fc_accuracy"]
    (check,) = wanted.checks
    assert isinstance(check, AccuracyReached)
    return check


@pytest.fixture(scope="module")
def looked_up(arena: Arena) -> Graded:
    return arena.grade(CHEATING)


def test_labels_that_a_forward_pass_looks_up_count_for_nothing(
    looked_up: Graded, honest: ScoreReport
) -> None:
    assert "accuracy test: 1.00" in said(looked_up), "inside, the lookup works"
    assert broken(looked_up.report) == []
    assert gained(looked_up.report, honest) == {}
    assert points(looked_up.report)["fc_accuracy"] == 0


def test_a_judge_that_believes_what_was_printed_is_cheated(arena: Arena, looked_up: Graded) -> None:
    weak = ByPrintedAccuracy(**dict(of_fc(arena)))
    report = arena.judged(looked_up, lambda a: with_check(a, "fc_accuracy", weak))
    assert points(report)["fc_accuracy"] == 8


def test_a_judge_that_believes_the_models_own_outputs_is_cheated(arena: Arena) -> None:
    data = arena.bench.lab.dataset("mnist/test")
    pixels = (data.images[:64].astype(np.float32) / np.float32(255)).tobytes()
    labels = tuple(int(label) for label in data.labels[:64])
    weak = ByItsOwnOutputs(**dict(of_fc(arena)), images=(pixels, labels))
    report = arena.grade_by(CHEATING, with_check(arena.assignment, "fc_accuracy", weak)).report
    assert points(report)["fc_accuracy"] == 8


def test_weights_for_which_a_wrong_function_looks_right_earn_no_more_than_others(
    arena: Arena,
) -> None:
    plain = arena.grade((IMPORTS, NO_RELU)).report
    chosen = arena.grade((IMPORTS, NO_RELU + POSITIVE_WEIGHTS))
    assert broken(chosen.report) == []
    assert points(chosen.report)["fc"] == points(plain)["fc"] < 10
    with believing_own_weights():
        assert points(arena.judged(chosen))["fc"] == 10


def test_a_model_that_depends_on_more_than_its_input_earns_its_layers_alone(
    arena: Arena,
) -> None:
    graded = arena.grade((IMPORTS, MORE_THAN_INPUT))
    earned = points(graded.report)
    assert broken(graded.report) == []
    assert (earned["fc"], earned["lenet"], earned["cnn"]) == (3, 2, 2)
    with believing_own_weights():
        assert points(arena.judged(graded))["fc"] == 10, "the counter errs at the third call"


def test_overridden_tables_of_parameters_earn_nothing(arena: Arena, honest: ScoreReport) -> None:
    graded = arena.grade((*FLAWED, FORGED_TABLES))
    assert "all tables forged" in said(graded)
    assert broken(graded.report) == []
    assert gained(graded.report, honest) == {}


def test_a_guest_that_asks_a_model_by_its_own_methods_counts_layers_that_are_not_there(
    arena: Arena, honest: ScoreReport
) -> None:
    with guest_with(THEIR_METHODS):
        report = arena.grade_anew((*FLAWED, FORGED_TABLES)).report
    assert gained(report, honest) == {"cnn": 2}


def test_parameters_that_only_claim_their_shapes_earn_what_the_layers_earn(
    arena: Arena,
) -> None:
    declared = arena.grade((*FLAWED, DECLARED_CNN)).report
    report = arena.grade((*FLAWED, HAND_MADE)).report
    assert broken(report) == []
    assert gained(report, declared) == {}
