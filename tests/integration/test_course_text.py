"""The notebooks of the course with the full data: the solution's text, and our solution."""

from pathlib import Path

import nbformat
import pytest
from integration_support import Grade
from notebooks import course, edits

TEXT = Path(__file__).parents[3] / "shared" / "exercise09.txt"


@pytest.fixture
def text() -> Path:
    if not TEXT.is_file():
        pytest.skip(f"{TEXT}, the course's solution, is not here")
    return TEXT


@pytest.mark.slow
def test_the_courses_own_solution_earns_all_points_that_a_program_can_give(
    grade: Grade, text: Path
) -> None:
    _earns_all(grade, str(nbformat.writes(course.from_text(text))).encode())


@pytest.mark.slow
def test_our_solution_earns_all_points_that_a_program_can_give(grade: Grade) -> None:
    _earns_all(grade, edits.to_bytes(edits.solution()))


def _earns_all(grade: Grade, data: bytes) -> None:
    report = grade(data).report
    lost = [p for p in report.problems if p.earned + p.pending < p.possible]
    assert not lost, "\n".join(f"{p.id}: {p.earned} of {p.possible}. {p.message}" for p in lost)
    assert (report.earned, report.pending) == (89, 11)
    assert {cell.status for cell in report.run.cells} == {"ok"}
