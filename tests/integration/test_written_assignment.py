"""docs/write-an-assignment.md is true: its blocks make an assignment that grades as it says."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from integration_support import notebook, problem

from grader import pipeline, scoring, wiring
from grader.domain.check import DictMemo
from grader.domain.limits import Limits
from grader.matrix import Matrix
from grader.pipeline import Graded
from grader.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "write-an-assignment.md"
RIGHT = """
import numpy as np
def moving_average(x, width):
    return np.array([x[i:i + width].mean() for i in range(len(x) - width + 1)])
"""
QUESTION = "#md # Averages\n\n**Q:** How many numbers come out?"
ANSWERED = f"{QUESTION}\n\n**A:** 100 - 5 + 1 = 96"
PROVEN = "solution=SOLUTION, variants=VARIANTS"


def _as_the_page_says(blocks: list[str]) -> str:
    """The first block, with what the others add put where the page says."""
    first, mistake, count, own, proof = blocks
    start = first.index("AVERAGE = ")
    title = 'Problem(id="title", title="Title", points=1, checks=(HasTitle(),))'
    end = first[start:].replace("groups=calls)", "groups=calls, misconceptions=(NOT_DIVIDED,))")
    end = end.replace("problems=(AVERAGE,)", f"problems=(AVERAGE, COUNT, {title}), {PROVEN}")
    assert "NOT_DIVIDED" in end
    assert "COUNT" in end
    return "\n".join([first[:start], mistake, count, own, proof, end])


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The assignment of the page, with its solution beside it."""
    path = tmp_path_factory.mktemp("averages") / "averages.py"
    path.write_text(
        _as_the_page_says(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL))
    )
    path.with_suffix(".ipynb").write_bytes(notebook([ANSWERED, RIGHT]))
    return path


@pytest.fixture(scope="module")
def graded(needs_bubblewrap: None, path: Path) -> Callable[..., Graded]:
    settings = Settings(state_dir=path.parent / "state", runtime_dir=path.parent / "run")
    assignment = scoring.load(str(path))
    box = wiring.sandbox(settings)

    def grade(*cells: str) -> Graded:
        submission = pipeline.read(assignment, notebook(cells), "x.ipynb")
        bench = wiring.bench(settings, assignment, box, DictMemo(), Limits(threads=1))
        return pipeline.grade(assignment, submission, bench)

    return grade


def test_right_code_gets_all_points(graded: Callable[..., Graded]) -> None:
    report = graded(ANSWERED, RIGHT).report
    assert (report.earned, report.possible) == (8, 8)


def test_the_mistake_is_named_and_leaves_its_share(graded: Callable[..., Graded]) -> None:
    result = graded(QUESTION, RIGHT.replace(".mean()", ".sum()"))
    (check,) = problem(result, "average").checks
    assert (check.misconception, check.earned) == ("sum_not_mean", 3)
    assert "what turns a sum" in check.message
    assert problem(result, "count").earned == 0


def test_only_the_title_is_there(graded: Callable[..., Graded]) -> None:
    assert graded(QUESTION, "1 + 1").report.earned == 1


def check(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    grader = str(Path(sys.executable).with_name("grader"))
    command = [grader, "assignment", "check", str(path), *options]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def test_the_matrix_of_a_right_rubric_is_green(
    needs_bubblewrap: None, path: Path, tmp_path: Path
) -> None:
    done = check(path, "--json", str(tmp_path / "matrix.json"))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "4 rows (1 solution, 1 right, 2 flaw); rows that are off: none" in done.stdout
    matrix = Matrix.model_validate_json((tmp_path / "matrix.json").read_bytes())
    marks = {row.name: [mark.verdict for mark in row.marks.values()] for row in matrix.rows}
    assert marks == {
        "solution": ["kept"] * 3,
        "divides_itself": ["kept"] * 3,
        "sums": ["found", "taken", "kept"],
        "one_more": ["taken", "found", "kept"],
    }


BROKEN = {
    "a mistake that nobody notices": (
        "x[i:i + width].sum()",
        "np.mean(x[i:i + width])",
        "sums, average: not noticed (6 of 6)",
    ),
    "a mistake that is named otherwise": (
        '"average": "sum_not_mean"',
        '"average": "median"',
        "sums, average: named otherwise than stated (3 of 6; named sum_not_mean, expected median)",
    ),
    "a right way that is none": (
        "sum(x[i:i + width]) / width",
        "max(x[i:i + width])",
        "divides_itself, average: lost points that it must keep (",
    ),
    "a mistake that costs points elsewhere": (
        '{MEAN: "x[i:i + width].sum()"}',
        '{MEAN: "x[i:i + width].sum()", "# Averages": "Averages"}',
        "sums, title: lost points that it must keep (0 of 1)",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_variant_that_is_off_fails_the_check_and_is_told(
    needs_bubblewrap: None, path: Path, tmp_path: Path, name: str
) -> None:
    old, new, told = BROKEN[name]
    assert old in path.read_text()
    broken = tmp_path / "averages.py"
    broken.write_text(path.read_text().replace(old, new))
    broken.with_suffix(".ipynb").write_bytes(path.with_suffix(".ipynb").read_bytes())
    done = check(broken)
    assert done.returncode == 1, done.stderr
    assert told in " ".join(done.stderr.split())
    assert "rows that are off: 1" in done.stdout


def test_a_variant_that_does_not_fit_the_solution_is_refused(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "averages.py"
    other.write_text(path.read_text())
    other.with_suffix(".ipynb").write_bytes(notebook([ANSWERED, "1 + 1"]))
    done = check(other, "--static")
    assert done.returncode == 2
    assert "variant 'sums': 'x[i:i + width].mean()': found 0 times" in done.stderr
    assert "variant 'divides_itself'" in done.stderr


def test_an_unknown_row_is_wrong_usage(path: Path) -> None:
    done = check(path, "--only", "suns")
    assert done.returncode == 2
    assert "suns: found no such variant or problem" in done.stderr
