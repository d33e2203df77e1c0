"""The stub exercise is one: its notebooks earn what they should, in the stub and in bubblewrap."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from grader import pipeline, scoring
from grader.domain.check import Lab
from grader.domain.report import ScoreReport
from grader.errors import SandboxError
from grader.running import Bench
from service_stubs import ASSIGNMENT
from service_stubs.notebooks import notebook
from service_stubs.record import record
from service_stubs.sandbox import Marks, StubSandbox


def grade(box: StubSandbox, data: bytes) -> ScoreReport:
    assignment = scoring.load(str(ASSIGNMENT))
    bench = Bench(box, Lab(lambda _: pytest.fail("no data")), b"secret", None, assignment.limits)
    return pipeline.grade(assignment, pipeline.read(assignment, data, "n.ipynb"), bench).report


@pytest.fixture
def marks(tmp_path: Path) -> Marks:
    return Marks(tmp_path / "marks")


def earned(report: ScoreReport) -> tuple[float, float, list[str]]:
    codes = [code for problem in report.problems for c in problem.checks for code in c.codes]
    return report.earned, report.pending, codes


RIGHT = (9.0, 1.0, ["passed", "passed", "pending"])
WRONG = (6.0, 1.0, ["sum_not_mean", "passed", "pending"])


@pytest.mark.parametrize(("right", "expected"), [(True, RIGHT), (False, WRONG)])
def test_a_stub_run_earns_what_the_notebook_is_worth(
    marks: Marks, right: bool, expected: object
) -> None:
    for label in ("one", "another"):
        report = grade(StubSandbox(marks), notebook(label, right=right))
        assert earned(report) == expected
    assert marks.counts("began") == marks.counts("ended") == {"one": 1, "another": 1}


@pytest.mark.parametrize(("right", "expected"), [(True, RIGHT), (False, WRONG)])
def test_bubblewrap_says_the_same(needs_bubblewrap: None, right: bool, expected: object) -> None:
    _, report = record(right=right)
    assert earned(report) == expected


def test_a_closed_stub_ends_its_run_at_once(marks: Marks) -> None:
    box = StubSandbox(marks)
    errors: list[SandboxError] = []

    def run() -> None:
        try:
            grade(box, notebook(seconds=600))
        except SandboxError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while not marks.counts("began"):
        thread.join(0.01)
        assert thread.is_alive()
    box.close()
    thread.join(30)
    assert [error.code for error in errors] == ["closed"]
    assert marks.counts("closed") == {"one": 1}


def test_the_stub_exercise_loads_without_torch() -> None:
    code = (
        "import sys; from grader import scoring; import service_stubs.sandbox as s;"
        "scoring.load(str(s.HERE / 'assignment.py')); print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ASSIGNMENT.parents[1])},
    )
    assert done.stdout.strip() == "False"
