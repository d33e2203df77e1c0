"""docs/write-an-assignment.md is true: its blocks make an assignment that grades as it says."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from integration_support import notebook, problem

from grader import pipeline, scoring, wiring
from grader.domain.check import DictMemo
from grader.domain.limits import Limits
from grader.pipeline import Graded
from grader.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "write-an-assignment.md"
RIGHT = """
import numpy as np
def moving_average(x, width):
    return np.array([x[i:i + width].mean() for i in range(len(x) - width + 1)])
"""
QUESTION = "#md # Averages\n\n**Q:** How many numbers come out?"


def _as_the_page_says(blocks: list[str]) -> str:
    """The first block, with what the others add put where the page says."""
    first, mistake, count, own = blocks
    start = first.index("AVERAGE = ")
    title = 'Problem(id="title", title="Title", points=1, checks=(HasTitle(),))'
    end = first[start:].replace("groups=calls)", "groups=calls, misconceptions=(NOT_DIVIDED,))")
    end = end.replace("problems=(AVERAGE,)", f"problems=(AVERAGE, COUNT, {title})")
    assert "NOT_DIVIDED" in end
    assert "COUNT" in end
    return "\n".join([first[:start], mistake, count, own, end])


@pytest.fixture(scope="module")
def graded(
    needs_bubblewrap: None, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Graded]:
    folder = tmp_path_factory.mktemp("averages")
    path = folder / "averages.py"
    path.write_text(
        _as_the_page_says(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL))
    )
    settings = Settings(state_dir=folder / "state", runtime_dir=folder / "run")
    assignment = scoring.load(str(path))
    box = wiring.sandbox(settings)

    def grade(*cells: str) -> Graded:
        submission = pipeline.read(assignment, notebook(cells), "x.ipynb")
        bench = wiring.bench(settings, assignment, box, DictMemo(), Limits(threads=1))
        return pipeline.grade(assignment, submission, bench)

    return grade


def test_right_code_gets_all_points(graded: Callable[..., Graded]) -> None:
    report = graded(f"{QUESTION}\n\n**A:** 100 - 5 + 1 = 96", RIGHT).report
    assert (report.earned, report.possible) == (8, 8)


def test_the_mistake_is_named_and_leaves_its_share(graded: Callable[..., Graded]) -> None:
    result = graded(QUESTION, RIGHT.replace(".mean()", ".sum()"))
    (check,) = problem(result, "average").checks
    assert (check.misconception, check.earned) == ("sum_not_mean", 3)
    assert "what turns a sum" in check.message
    assert problem(result, "count").earned == 0


def test_only_the_title_is_there(graded: Callable[..., Graded]) -> None:
    assert graded(QUESTION, "1 + 1").report.earned == 1
