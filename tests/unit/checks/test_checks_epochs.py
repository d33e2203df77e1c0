"""Fewer epochs: what the notebook's output tells, and where it tells nothing clear."""

from dataclasses import replace
from typing import Any

import made
import pytest
import torch
from torch import nn

from grader.checks.epochs import epochs_told
from grader.checks.seen import Seen
from grader.domain.check import Case
from grader.domain.evidence import ModuleAnswer
from grader.domain.run import CellRun
from grader.domain.submission import Cell

CALL = "train_model(model_fc, criterion, opt, dl_tr, dl_te, epochs)"


def printed(epochs: int, total: int | None = None, first: int = 1) -> str:
    of = f"/{total}" if total else ""
    return "".join(
        f"\rEp {first + ep}{of}, it {it}/3: loss train: 0.{it}, accuracy train: 0.8"
        + (", accuracy test: 0.9\n" if it == 3 else "")
        for ep in range(epochs)
        for it in (1, 2, 3)
    )


def told(*cells: tuple[str, str, str], when: str = "changed", **run: Any) -> int | None:
    """Epochs of the newest snapshot; each cell is (source, output, event that it caused)."""
    model = nn.Linear(2, 2)
    images = torch.zeros(1, 2).numpy()
    answers = [
        made.module("model_fc", model, images, cell=index, when=event)
        for index, (_, _, event) in enumerate(cells)
        if event
    ]
    runs = [
        CellRun(**{"index": index, "status": "ok", "output": output, **run})
        for index, (_, output, _) in enumerate(cells)
    ]
    case = made.case(*answers, cells=runs)
    code = tuple(
        Cell(index=index, kind="code", source=source) for index, (source, _, _) in enumerate(cells)
    )
    submission = case.submission.model_copy(update={"cells": code})
    full: Case = replace(case, submission=submission)
    answer = answers[-1].answer
    assert isinstance(answer, ModuleAnswer)
    return epochs_told(full, Seen(answer, answers[-1].tensors), "train_model")


DEFINED = ("model_fc = FC()", "", "bound")


@pytest.mark.parametrize("epochs", [1, 2, 5, 12])
def test_the_epochs_of_one_training_are_counted(epochs: int) -> None:
    assert told(DEFINED, (CALL, printed(epochs, epochs), "changed")) == epochs
    assert told(DEFINED, (CALL, printed(epochs), "changed")) == epochs
    assert told(DEFINED, (CALL, printed(epochs, epochs, first=0), "changed")) == epochs


def test_trainings_in_several_cells_add_up() -> None:
    training = (CALL, printed(2, 2), "changed")
    assert told(DEFINED, training, training, training) == 6


def test_a_model_that_was_made_anew_starts_from_none() -> None:
    training = (CALL, printed(5, 5), "changed")
    assert told(DEFINED, training, DEFINED, (CALL, printed(2, 2), "changed")) == 2


def test_a_cell_that_makes_and_trains_the_model_counts() -> None:
    assert told((f"model_fc = FC()\n{CALL}", printed(3, 3), "bound")) == 3
    assert told((f"%%time\nmodel_fc = FC()\n{CALL}", printed(3, 3), "bound")) == 3


@pytest.mark.parametrize(
    ("source", "output"),
    [
        (CALL, ""),
        (CALL, "training done, accuracy 0.97"),
        (CALL, printed(2, 5)),
        (CALL, "Epoch 5: loss 0.2"),
        (CALL, "Epoch 2: loss 0.2\nEpoch 4: loss 0.1\n"),
        (f"for lr in rates:\n    {CALL}", printed(1, 1)),
        (f"[{CALL} for _ in range(5)]", printed(1, 1)),
        (f"{CALL}\n{CALL}", printed(1, 1)),
        ("run_everything()", printed(1, 1)),
        (f"{CALL} what", printed(1, 1)),
    ],
    ids=[
        "silent", "no epochs", "fewer than the total", "only the last", "every second",
        "in a loop", "in a comprehension", "called twice", "called elsewhere", "no Python",
    ],
)  # fmt: skip
def test_what_can_be_misread_tells_nothing(source: str, output: str) -> None:
    assert told(DEFINED, (source, output, "changed")) is None


def test_a_cut_output_or_an_interrupted_cell_tells_nothing() -> None:
    training = (CALL, printed(2, 2), "changed")
    assert told(DEFINED, training, truncated=True) is None
    assert told(DEFINED, training, status="timed_out") is None


def test_an_untrained_model_tells_nothing() -> None:
    assert told(DEFINED) is None
