from pathlib import Path

import pytest
from matrix_small import ANSWERS, notebook, problem

from grader.domain.assignment import Assignment


@pytest.fixture
def small(tmp_path: Path) -> Assignment:
    solution, release = tmp_path / "solution.ipynb", tmp_path / "release.ipynb"
    solution.write_text(notebook({name: f"{right}." for name, right in ANSWERS.items()}))
    release.write_text(notebook(dict.fromkeys(ANSWERS, "...")))
    problems = (problem("sum"), problem("product"), problem("both", rests_on=("sum",)))
    return Assignment(
        id="small", title="Small", problems=problems, solution=solution, release=release
    )
