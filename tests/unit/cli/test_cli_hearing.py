"""What a service tells is shown as if it ran here."""

import io
from typing import Any

import pytest
from rich.console import Console

from grader import scoring
from grader.cli.hearing import hear
from grader.cli.live_view import LiveView
from grader.client import Standing, Told
from grader.domain.card import Card
from grader.domain.submission import Cell, Submission

CELLS = ("import torch", "train_model(model_fc, criterion, opt, a, b, epochs=5)", "y = 1")
PROBLEM = {"id": "fc", "title": "Perceptron", "earned": 4, "possible": 10, "status": "partial"}


@pytest.fixture(scope="module")
def card() -> Card:
    return Card.of(scoring.load("cnn"))


class Shown:
    """A view, and what it shows."""

    def __init__(self, card: Card) -> None:
        self.console = Console(
            file=io.StringIO(), force_terminal=True, width=110, height=60, record=True
        )
        self.view = LiveView(self.console, card)
        cells = tuple(Cell(index=i, kind="code", source=s) for i, s in enumerate(CELLS))
        self.view.on_submission(Submission(name="a.ipynb", sha256="00" * 32, cells=cells))

    def hear(self, kind: str, **data: Any) -> None:
        hear(self.view, Told(kind=kind, data=data))

    def text(self) -> str:
        self.console.print(self.view._draw())
        return self.console.export_text()


@pytest.fixture
def shown(card: Card) -> Shown:
    return Shown(card)


def test_a_place_in_the_queue_is_told_with_the_wait(shown: Shown) -> None:
    hear(shown.view, Standing(id="1", state="queued", place=7))
    assert "waiting: place 7\n" in shown.text()
    shown.hear("place", place=3, expected_wait_seconds=310.0)
    assert "waiting: place 3, about 5 min" in shown.text()
    shown.hear("place", place=1, expected_wait_seconds=None)
    assert "waiting: place 1\n" in shown.text()
    shown.hear("state", state="running", worker="w")
    assert "starting the sandbox" in shown.text()


def test_cells_epochs_and_accuracies_are_told(shown: Shown) -> None:
    shown.hear("state", state="running")
    shown.hear("cell", index=0, number=1, of=3, status="ok", seconds=1.5)
    shown.hear("cell", index=1, number=2, of=3, status="running")
    shown.hear("epoch", cell=1, epoch=2, epochs=5, test_accuracy=0.951, loss=None)
    text = shown.text()
    assert "cell 2/3 (index 1)" in text
    assert "train_model(model_fc" in text
    assert "epoch 2/5, test accuracy 95.1%" in text


def test_the_last_cell_stays_the_last(shown: Shown) -> None:
    for index in range(3):
        shown.hear("cell", index=index, status="running")
        shown.hear("cell", index=index, status="ok", seconds=1)
    assert "cell 3/3 (index 2)" in shown.text()


def test_problems_show_their_points_so_far(shown: Shown) -> None:
    shown.hear("problem", **PROBLEM, message="so and so", pending=0)
    [line] = [line for line in shown.text().splitlines() if "Perceptron" in line]
    assert "4/10" in line
    assert "so far: so and so" in line


def test_a_retraining_is_told(shown: Shown) -> None:
    shown.hear("second_run", began=True)
    assert "repeated with another seed" in shown.text()


@pytest.mark.parametrize(
    ("kind", "data"),
    [("cell", {"index": "?"}), ("problem", {"id": "fc"}), ("place", {}), ("dance", {"a": 1})],
)
def test_what_a_newer_service_tells_otherwise_is_left_out(
    shown: Shown, kind: str, data: dict[str, Any]
) -> None:
    before = shown.text()
    shown.hear(kind, **data)
    assert shown.text().split() == before.split()
