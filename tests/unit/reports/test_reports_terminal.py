import pytest
from reports_examples import EXAMPLES, full_marks, never_ran, our_fault, with_losses
from reports_golden import terminal

from grader.domain.report import CellErrorReport, CellReport, ScoreReport
from grader.reports import print_table


def shown(report: ScoreReport, width: int = 100) -> str:
    return terminal(lambda console: print_table(report, console), width)


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("full_marks", "Score: 89 / 100 (11 pending)"),
        ("with_losses", "Score: 51 / 100 (11 pending)"),
        ("our_fault", "Score: 81 / 100 (11 pending), not final"),
        ("never_ran", "Score: 0 / 100"),
    ],
)
@pytest.mark.parametrize("width", [60, 100, 200])
def test_the_last_line_is_the_score(name: str, last: str, width: int) -> None:
    assert shown(EXAMPLES[name](), width).endswith(f"\n{last}\n")


def test_what_lost_points_is_told_with_expected_and_found() -> None:
    text = shown(with_losses())
    assert "recognised mistake: kernel not flipped" in text
    assert "parameters: expected 106,154, found 106,250" in text
    assert (
        "layer: expected Conv2d(1, 6, 3×3, padding 1), found Conv2d(1, 6, 5×5, padding 2)" in text
    )


def test_a_right_notebook_gets_no_list_of_losses_and_no_warning() -> None:
    text = shown(full_marks())
    assert "What lost points" not in text
    assert "WARNING" not in text


def test_an_error_of_ours_is_a_warning_that_names_the_problem() -> None:
    text = " ".join(shown(our_fault()).split())
    assert "WARNING: These points are not final: one of our own checks broke" in text
    assert "(Accuracy of LeNet-5)" in text


def test_the_limit_that_ended_the_run_is_named() -> None:
    assert "limit hit: kernel died" in " ".join(shown(never_ran()).split())
    assert "limit hit: time of a cell" in " ".join(shown(with_losses()).split())


def test_of_many_failed_cells_the_rest_is_counted() -> None:
    report = full_marks()
    error = CellErrorReport(name="NameError", message="x", traceback="")
    cells = tuple(CellReport(index=i, status="error", seconds=0, error=error) for i in range(50))
    text = shown(report.model_copy(update={"run": report.run.model_copy(update={"cells": cells})}))
    assert text.count("NameError") == 20
    assert "and 30 more cells with an error" in text
