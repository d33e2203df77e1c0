"""An unlucky training is repeated for real before points are lost, and a wrong one is not."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
from integration_support import problem
from notebooks import edits

from grader import pipeline, scoring, wiring
from grader.checks.accuracy import AccuracyReached
from grader.checks.luck import Luck
from grader.domain.assignment import Assignment
from grader.domain.check import DictMemo, Lab
from grader.domain.evidence import ModuleAnswer
from grader.domain.limits import Limits
from grader.pipeline import Graded
from grader.settings import Settings
from grader.store import load, save

FEW = 3000
CUT_LUCK = Luck(runs=tuple((0.3, 0.5, 0.6, 0.8, final) for final in (0.9, 0.91, 0.92, 0.93, 0.94)))
"""What LeNet-5 reaches on the first 3,000 digits in batches of 32, roughly."""
DEAD = """
for layer in (model_lenet.dense1, model_lenet.dense2):
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
"""
"""Weights from which nothing is learned: no unit of these layers ever wakes up."""


def short(assignment: Assignment) -> Assignment:
    """The course's, with the accuracy of LeNet-5 as cut-down data gives it."""

    def judged(check: object) -> object:
        if not isinstance(check, AccuracyReached):
            return check
        return check.model_copy(update={"expected": CUT_LUCK})

    problems = tuple(
        p.model_copy(update={"checks": tuple(map(judged, p.checks))}) for p in assignment.problems
    )
    return assignment.model_copy(update={"problems": problems})


ASSIGNMENT = short(scoring.load("cnn"))


def unlucky(**changes: str) -> bytes:
    """Our solution on few digits, where LeNet-5 starts from dead weights; then with changes."""
    made = copy.deepcopy(edits.solution())
    cells = {cell["id"]: cell for cell in made["cells"]}
    source = cells["data"]["source"].replace("batch_size = 128", "batch_size = 32")
    for name in ("ds_fc_tr", "ds_cnn_tr", "ds_fc_te", "ds_cnn_te"):
        begin = source.index(f"{name} = ") + len(f"{name} = ")
        end = source.index("\n", begin)
        few = f"torch.utils.data.Subset({source[begin:end]}, range({FEW}))"
        source = source[:begin] + few + source[end:]
    cells["data"]["source"] = source
    cells["lenet"]["source"] += DEAD
    cells["fc-train"]["source"] = cells["cnn-train"]["source"] = "print('not trained')"
    for cell in made["cells"]:
        for old, new in changes.items():
            cell["source"] = cell["source"].replace(old, new)
    return edits.to_bytes(made)


Run = Callable[[bytes], Graded]


@pytest.fixture(scope="module")
def bench(
    needs_bubblewrap: None, mnist: Path, tmp_path_factory: pytest.TempPathFactory
) -> pipeline.Bench:
    state = tmp_path_factory.mktemp("state")
    settings = Settings(state_dir=state, runtime_dir=state / "run")
    box = wiring.sandbox(settings)
    return wiring.bench(settings, ASSIGNMENT, box, DictMemo(), Limits(threads=1))


@pytest.fixture(scope="module")
def run(bench: pipeline.Bench) -> Run:
    def graded(data: bytes) -> Graded:
        submission = pipeline.read(ASSIGNMENT, data, "test.ipynb")
        return pipeline.grade(ASSIGNMENT, submission, bench)

    return graded


@pytest.fixture(scope="module")
def repeated(run: Run) -> Graded:
    return run(unlucky())


def retrained(graded: Graded) -> list[str]:
    answers = (item.answer for item in graded.evidence.answers)
    return [a.probe for a in answers if isinstance(a, ModuleAnswer) and a.when == "retrained"]


def test_a_right_training_that_was_unlucky_earns_its_points(repeated: Graded) -> None:
    assert problem(repeated, "train_model").status == "passed"
    lenet = problem(repeated, "lenet_accuracy")
    assert lenet.earned == lenet.possible
    assert retrained(repeated) == ["model_lenet"]


def test_the_report_says_that_it_was_trained_once_more(repeated: Graded) -> None:
    lenet = problem(repeated, "lenet_accuracy")
    assert "trained once more with another seed" in lenet.message
    notes = [d.text for d in lenet.checks[0].details if d.kind == "note"]
    assert any(text.startswith("As it was handed in, it reaches 1") for text in notes)
    second = repeated.report.run.second
    assert second is not None
    assert (second.models, second.stopped) == (("model_lenet",), "finished")


def test_cells_and_facts_are_those_of_the_first_run(repeated: Graded) -> None:
    assert all(cell.status != "not_run" for cell in repeated.evidence.cells)
    assert problem(repeated, "conv1d").status == "passed"


def test_a_regrade_runs_nothing_and_gives_the_identical_report(
    repeated: Graded, bench: pipeline.Bench, tmp_path: Path
) -> None:
    data = unlucky()
    save(tmp_path / "run", pipeline.stored(ASSIGNMENT, data, repeated))
    lab = Lab(bench.lab.dataset, DictMemo())
    again = pipeline.regrade(ASSIGNMENT, load(tmp_path / "run"), lab)
    assert again.model_dump_json() == repeated.report.model_dump_json()


def test_a_wrong_training_function_gets_no_second_chance(run: Run) -> None:
    graded = run(unlucky(**{"            opt.zero_grad()\n": ""}))
    assert problem(graded, "train_model").status != "passed"
    assert problem(graded, "lenet_accuracy").earned < 8
    assert graded.evidence.second is None
    assert retrained(graded) == []


def test_fewer_epochs_are_named_and_not_repeated(run: Run) -> None:
    graded = run(unlucky(**{"epochs = 5": "epochs = 2"}))
    (check,) = problem(graded, "lenet_accuracy").checks
    assert check.misconception == "fewer_epochs"
    assert "counts 2 instead of 5" in check.message
    assert graded.evidence.second is None
