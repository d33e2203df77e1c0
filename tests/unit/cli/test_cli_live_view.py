"""What a terminal shows while a notebook runs, and that anything else gets nothing."""

import io

import pytest
from rich.console import Console

from grader import scoring
from grader.cli.live_view import LiveView
from grader.domain.job import CellFinished, CellStarted, Progress
from grader.domain.report import ProblemReport
from grader.domain.run import CellRun
from grader.domain.submission import Cell, Submission

CELLS = ("import torch", "train_model(model_fc, criterion, opt, a, b, epochs=5)", "y = 1")


@pytest.fixture
def shown() -> str:
    """The last picture before a run of three cells, the second with its training, was left."""
    console = Console(file=io.StringIO(), force_terminal=True, width=110, height=60, record=True)
    view = LiveView(console, scoring.load("cnn"))
    cells = tuple(Cell(index=i, kind="code", source=s) for i, s in enumerate(CELLS))
    view.on_submission(Submission(name="a.ipynb", sha256="00" * 32, cells=cells))
    view.on_record(CellStarted(index=0))
    view.on_record(CellFinished(cell=CellRun(index=0, status="ok", seconds=1)))
    view.on_record(CellStarted(index=1))
    view.on_record(
        Progress(index=1, text="Ep 2/5, it 300/469: loss Tr: 0.15, acc Tr: 0.96, acc Te: 0.95")
    )
    view.on_problem(problem("fc", "Fully connected", 10, "passed", ""))
    view.on_problem(problem("criterion", "Criterion", 0, "failed", "\x1b[31m[bold]not that"))
    console.print(view._draw())
    return console.export_text()


def problem(name: str, title: str, earned: float, status: str, message: str) -> ProblemReport:
    return ProblemReport.model_validate(
        {
            "id": name,
            "title": title,
            "earned": earned,
            "possible": 10,
            "status": status,
            "message": message,
            "checks": (),
        }
    )


def test_the_cell_at_work_is_named_with_its_place(shown: str) -> None:
    assert "cell 2/3 (index 1)" in shown
    assert "train_model(model_fc" in shown


def test_the_epoch_is_read_from_what_the_training_prints(shown: str) -> None:
    assert "epoch 2/5, batch 300/469" in shown
    assert "test accuracy 95.0%" in shown


def test_the_time_since_the_start_and_in_the_cell_is_told(shown: str) -> None:
    assert shown.count("0:00  ") == 2


def test_problems_show_their_points_as_soon_as_they_are_judged(shown: str) -> None:
    lines = shown.splitlines()
    (right,) = [line for line in lines if "Fully connected" in line and "10/10" in line]
    assert "✓" in right
    assert any("0/10" in line and "so far:" in line and "[bold]not that" in line for line in lines)
    assert sum("–" in line for line in lines) == len(scoring.load("cnn").problems) - 2


def test_what_a_notebook_writes_moves_no_cursor(shown: str) -> None:
    assert "\x1b[31m" not in shown


def test_what_is_no_terminal_gets_nothing() -> None:
    file = io.StringIO()
    with LiveView(Console(file=file, force_terminal=False), scoring.load("cnn")) as view:
        view.on_record(CellStarted(index=0))
    assert file.getvalue() == ""
