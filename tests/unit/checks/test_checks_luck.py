"""How often right code loses points, by simulation, and what wrong training gets."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from grader.checks import luck
from grader.checks.luck import FREEDOM, RARE, Luck, chance_of_gap, rarity
from grader.domain.calibration import Calibration, SeedRun
from grader.errors import AssignmentError
from reference.cnn.assignment import assignment

CALIBRATION = Calibration.read(assignment.calibration)
FC, LENET, CNN = (Luck.of(CALIBRATION, training.name) for training in assignment.trainings)
IMAGES = 10_000
CLASSES = 300
"""Calibrations that are drawn of each truth."""
NEW = 20_000
"""Students for each of them."""
Draw = Callable[[np.random.Generator, int], np.ndarray]


def truth(mean: float, sd: float, draw: Draw) -> Callable[[np.random.Generator, int], np.ndarray]:
    """Accuracies whose logits have a distribution of unit variance, scaled to that sd."""

    def accuracies(rng: np.random.Generator, count: int) -> np.ndarray:
        centre = np.log(mean / (1 - mean))
        logits = centre + sd / (mean * (1 - mean)) * draw(rng, count)
        return 1 / (1 + np.exp(-logits))

    return accuracies


DRAWS: dict[str, Draw] = {
    "normal": lambda rng, count: rng.normal(size=count),
    "laplace": lambda rng, count: rng.laplace(scale=0.5**0.5, size=count),
    "student": lambda rng, count: rng.standard_t(FREEDOM, size=count) / 2**0.5,
}
NETWORKS = {"fc": (0.968, 0.0013), "lenet": (0.977, 0.006), "cnn": (0.984, 0.0024)}
"""Mean and sd over more seeds than were calibrated, with other versions of the libraries."""


def of(accuracies: np.ndarray) -> Luck:
    return Luck(runs=tuple((float(accuracy),) for accuracy in accuracies))


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", DRAWS)
def test_right_code_loses_points_in_fewer_than_one_of_a_thousand_runs(
    network: str, name: str
) -> None:
    """Each of many classes is calibrated with ten seeds, and then graded."""
    draw = truth(*NETWORKS[network], DRAWS[name])
    rng = np.random.default_rng(3)
    lost = [
        float((draw(rng, NEW) < of(draw(rng, 10)).threshold(IMAGES)).mean()) for _ in range(CLASSES)
    ]
    assert np.mean(lost) < RARE


def test_a_normal_rule_would_take_points_from_right_code() -> None:
    """So the heavy tails are needed: nine degrees of freedom, as for a normal truth, do not do."""
    draw = truth(*NETWORKS["lenet"], DRAWS["student"])
    rng = np.random.default_rng(3)
    lost = []
    for _ in range(CLASSES):
        found = of(draw(rng, 10))
        centre = luck.logit(found.usual, IMAGES)
        logits = centre + stats.t.ppf(RARE, 9) * found.scale(IMAGES)
        lost.append(float((draw(rng, NEW) < 1 / (1 + np.exp(-logits))).mean()))
    assert np.mean(lost) > RARE


@pytest.mark.parametrize(("found", "seen"), [(FC, 0.9660), (LENET, 0.951), (CNN, 0.9790)])
def test_the_worst_seeds_that_were_seen_keep_all_points(found: Luck, seen: float) -> None:
    """LeNet-5 reached 0.951 in one of 17 seeds that are not those of the calibration."""
    assert found.threshold(IMAGES) < seen
    assert found.chance(seen, IMAGES) > 5 * RARE


@pytest.mark.parametrize(("found", "expected"), [(FC, 0.968), (LENET, 0.977), (CNN, 0.984)])
def test_the_calibration_agrees_with_what_was_measured_before(found: Luck, expected: float) -> None:
    assert len(found.runs) >= 10
    assert found.epochs == 5
    assert found.usual == pytest.approx(expected, abs=0.003)


@pytest.mark.parametrize("found", [FC, LENET, CNN])
@pytest.mark.parametrize("accuracy", [0.1, 0.1135, 0.5, 0.8])
def test_what_hardly_learned_is_implausible(found: Luck, accuracy: float) -> None:
    assert found.chance(accuracy, IMAGES) < RARE


@pytest.mark.parametrize(
    ("found", "accuracy"),
    [(FC, 0.1982), (FC, 0.4373), (FC, 0.1135), (LENET, 0.0982), (LENET, 0.2607)],
    ids=["rate 0.001", "50 batches", "one batch", "rate 0.001, LeNet", "50 batches, LeNet"],
)
def test_wrong_trainings_of_the_reference_lose_more_than_half(found: Luck, accuracy: float) -> None:
    """Accuracies measured with seed 1 on all of MNIST: five epochs with a learning rate of 0.001,
    one epoch of 50 batches, five epochs of the first batch alone."""
    assert found.chance(accuracy, IMAGES) < RARE
    assert accuracy < found.threshold(IMAGES) / 2


def test_seeds_that_agree_leave_the_error_of_the_test_set() -> None:
    alike = of(np.full(10, 0.97))
    assert alike.scale(IMAGES) == pytest.approx((IMAGES * 0.97 * 0.03) ** -0.5)
    assert alike.chance(0.968, IMAGES) > 0.1
    assert alike.threshold(100) < alike.threshold(IMAGES) < 0.97


def test_the_threshold_is_where_the_chance_is_rare() -> None:
    assert LENET.chance(LENET.threshold(IMAGES), IMAGES) == pytest.approx(RARE)


@pytest.mark.parametrize("t", [-30.0, -7.2, -1.0, 0.0, 0.4, 9.0])
def test_the_closed_form_is_students_distribution(t: float) -> None:
    assert luck.below(t) == pytest.approx(stats.t.cdf(t, FREEDOM), rel=1e-9)


@pytest.mark.parametrize("chance", [1e-6, 0.001, 0.3, 0.5, 0.999])
def test_the_quantile_is_its_inverse(chance: float) -> None:
    assert luck.quantile(chance) == pytest.approx(stats.t.ppf(chance, FREEDOM), abs=1e-6)


def test_right_or_wrong_everywhere_has_a_chance() -> None:
    perfect = of(np.ones(10))
    assert perfect.chance(1.0, 100) == pytest.approx(0.5)
    assert 0 <= perfect.chance(0.0, 100) < RARE


def test_two_equal_models_differ_by_luck_in_both_directions() -> None:
    scales = CNN.scale(IMAGES), LENET.scale(IMAGES)
    assert chance_of_gap(0.98, 0.98, scales, IMAGES) == pytest.approx(0.5)
    assert chance_of_gap(0.96, 0.98, scales, IMAGES) > RARE
    assert chance_of_gap(0.5, 0.98, scales, IMAGES) < RARE


def test_a_chance_is_said_to_the_careful_side() -> None:
    assert rarity(0.25) == "about 1 of 4 runs"
    assert rarity(0.002) == "about 1 of 500 runs"
    assert rarity(0.00035) == "fewer than 1 of 2,000 runs"
    assert rarity(0.0) == "fewer than 1 of 1,000,000 runs"


def test_too_few_seeds_say_what_to_run() -> None:
    with pytest.raises(AssignmentError, match="grader assignment calibrate"):
        of(np.array([0.9, 0.91])).threshold(IMAGES)
    with pytest.raises(AssignmentError, match="found 0 seeds"):
        Luck.of(Calibration(), "model_fc").threshold(IMAGES)


def test_epochs_of_a_calibration_are_kept_apart() -> None:
    kept = Calibration()
    for seed in range(5):
        kept = kept.with_run("m", SeedRun(seed=seed, accuracy=(0.5, 0.7, 0.9)))
    found = Luck.of(kept, "m")
    assert (found.epochs, found.after(2)) == (3, pytest.approx(0.7))


@pytest.mark.parametrize("found", [FC, LENET, CNN])
def test_more_than_right_code_reaches_is_as_rare_as_less(found: Luck) -> None:
    assert found.chance_of_more(found.usual, IMAGES) == pytest.approx(0.5, abs=0.01)
    assert found.chance_of_more(max(map(max, found.runs)), IMAGES) > RARE
    assert found.chance_of_more(1.0, IMAGES) < RARE
