"""The rehearsal of the exercise: its data, and the calibration that was made with it."""

from pathlib import Path

import pytest
from torchvision.datasets import MNIST

from grader import wiring
from grader.data import DataStore
from grader.domain.calibration import Calibration
from grader.settings import Settings
from reference.cnn.assignment import assignment


@pytest.fixture(scope="module")
def store(mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> DataStore:
    settings = Settings(rehearsal_dir=tmp_path_factory.mktemp("rehearsal"))
    return wiring.rehearsal_store(settings, assignment)


def test_torchvision_takes_the_cut_down_data_for_the_set_and_fetches_nothing(
    store: DataStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MNIST, "mirrors", [])  # fetching would raise
    train = MNIST(store.root, train=True, download=True)
    test = MNIST(store.root, train=False, download=True)
    assert (len(train), len(test)) == (12_000, 2_000)
    assert int(train.targets[0]) == int(store.load("mnist/train").labels[0]) == 5


def test_the_calibration_was_made_with_that_data(store: DataStore) -> None:
    path = assignment.rehearsed.calibration
    assert path is not None
    known = Calibration.read(path)
    assert known.data == {name: store.load(name).digest for name in ("mnist/train", "mnist/test")}
    for training in assignment.trainings:
        assert len(known.trainings[training.name]) >= 10


def test_only_the_expectation_differs_from_the_assignment_that_students_are_graded_by() -> None:
    same = assignment.model_copy(
        update={
            "rehearsal": None,
            "calibration": assignment.rehearsed.calibration,
            "problems": assignment.rehearsed.problems,
        }
    )
    assert same == assignment.rehearsed
    differing = {
        problem.id
        for problem, rehearsed in zip(
            assignment.problems, assignment.rehearsed.problems, strict=True
        )
        if problem != rehearsed
    }
    assert differing == {"fc_accuracy", "lenet_accuracy", "cnn_accuracy"}
