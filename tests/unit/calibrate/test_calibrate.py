"""Calibration with trainings that take no time: what is kept, what is resumed, what is refused."""

from pathlib import Path

import numpy as np
import pytest

from grader.calibrate import calibrate, todo
from grader.domain.calibration import Calibration, SeedRun, Training
from grader.domain.check import Labelled
from grader.errors import AssignmentError


def data(name: str) -> Labelled:
    return Labelled(np.zeros((1, 2, 2), np.uint8), np.zeros(1, np.int64), f"digest of {name}")


def rising(seed: int, training: Labelled, test: Labelled) -> list[float]:
    assert (training.digest, test.digest) == ("digest of mnist/train", "digest of mnist/test")
    return [0.5, 0.5 + seed / 100]


def flat(seed: int, training: Labelled, test: Labelled) -> list[float]:
    return [0.1]


TRAININGS = (Training(name="rising", run=rising), Training(name="flat", run=flat))


def test_every_training_is_run_with_every_seed_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    done = list(calibrate(TRAININGS, path, data, seeds=3, workers=2))
    assert len(done) == 6
    kept = Calibration.read(path)
    assert kept.final("rising") == (0.5, 0.51, 0.52)
    assert kept.final("flat") == (0.1, 0.1, 0.1)
    assert set(kept.libraries) == {"torch", "numpy"}
    assert kept.data["mnist/test"] == "digest of mnist/test"


def test_what_was_trained_is_not_trained_again(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    first = Calibration().with_run("rising", SeedRun(seed=1, accuracy=(0.2, 0.9)))
    path.write_text(first.model_dump_json())
    done = list(calibrate(TRAININGS[:1], path, data, seeds=3, workers=1))
    assert sorted(trained.run.seed for trained in done) == [0, 2]
    assert Calibration.read(path).final("rising") == (0.5, 0.9, 0.52)


def test_seeds_are_finished_one_after_the_other() -> None:
    assert todo(TRAININGS, Calibration(), 2) == [
        ("rising", 0),
        ("flat", 0),
        ("rising", 1),
        ("flat", 1),
    ]


def test_too_few_seeds_say_what_to_run() -> None:
    with pytest.raises(AssignmentError, match="grader assignment calibrate"):
        Calibration().final("rising")


def test_a_file_that_is_no_calibration_is_named(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text('{"trainings": {"a": [{"seed": 0, "accuracy": [2]}]}}')
    with pytest.raises(AssignmentError, match=r"calibration\.json is no calibration"):
        Calibration.read(path)
