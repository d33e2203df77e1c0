"""Grading for real: the cnn assignment, the real sandbox, the real data."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from integration_support import Grade, notebook

from grader import pipeline, scoring, wiring
from grader.domain.assignment import Assignment, Rehearsal
from grader.domain.check import DictMemo
from grader.domain.limits import Limits
from grader.matrix import Proof
from grader.pipeline import Graded
from grader.sandbox.interface import Sandbox
from grader.settings import Settings


@pytest.fixture(scope="session")
def grade(needs_bubblewrap: None, mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> Grade:
    state = tmp_path_factory.mktemp("state")
    settings = Settings(state_dir=state, runtime_dir=state / "run")
    assignment = scoring.load("cnn")
    box = wiring.sandbox(settings)

    def run(source: bytes | Iterable[str], **limits: float) -> Graded:
        data = source if isinstance(source, bytes) else notebook(source)
        submission = pipeline.read(assignment, data, "test.ipynb")
        asked = Limits(**{"threads": 1, **limits})
        made = wiring.bench(settings, assignment, box, DictMemo(), asked)
        # Trainings are cut down here: another seed would fall as short.
        bench = replace(made, second_run=False)
        return pipeline.grade(assignment, submission, bench)

    return run


@pytest.fixture(scope="session")
def proof(needs_bubblewrap: None, mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> Proof:
    """The exercise on cut-down data, as `grader assignment check cnn` grades it."""
    state = tmp_path_factory.mktemp("state")
    settings = Settings(state_dir=state, runtime_dir=state / "run")
    return _proof(settings, scoring.load("cnn"), wiring.sandbox(settings))


@pytest.fixture(scope="session")
def once(proof: Proof) -> Proof:
    """The same without a second training: who made a mistake is not unlucky, and it costs time."""
    return Proof(proof.assignment, replace(proof.bench, second_run=False))


@pytest.fixture(scope="session")
def hasty(
    needs_bubblewrap: None, mnist: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proof]:
    """The same on five batches, which teach nothing, with the libraries imported once for all."""
    state = tmp_path_factory.mktemp("state")
    settings = Settings(state_dir=state, runtime_dir=state / "run", rehearsal_dir=state / "data")
    assignment = scoring.load("cnn")
    few = Rehearsal(data={"mnist/train": 600, "mnist/test": 200}, assignment=assignment.rehearsed)
    with closing(wiring.sandbox(settings, "warm")) as box:
        yield _proof(settings, assignment.model_copy(update={"rehearsal": few}), box)


def _proof(settings: Settings, assignment: Assignment, box: Sandbox) -> Proof:
    return Proof(assignment.rehearsed, wiring.rehearsal_bench(settings, assignment, box))
