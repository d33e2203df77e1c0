"""What one attempt learns, the next one cannot use: each notebook gets hidden inputs of its own."""

import base64
from collections.abc import Mapping

import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray
from points_grading import Arena, broken, gained, points, said
from points_honest import FLAWED, IMPORTS

from grader.domain.report import ScoreReport
from grader.pipeline import Graded

LEAK = """
import base64, io
from safetensors.numpy import load_file, save
hidden = load_file("/job/inputs.safetensors")
mine = {key: value for key, value in hidden.items() if key.startswith("convolution")}
print("LEAK", base64.b64encode(save(mine)).decode())
"""
"""Sends the hidden inputs of the convolution out, as what the cell prints."""
TABLE = """
import base64
from safetensors.numpy import load
TABLE = load(base64.b64decode({table!r}))

def convolution_one_dimensional(x, h):
    key = repr((x.dtype.str, x.tolist(), h.tolist()))
    return TABLE.get(key, np.zeros(len(x))).copy()
"""
"""Answers that somebody worked out at leisure, for inputs that were leaked."""
SPEAKING = """
import sys
sys.record = []

def convolution_one_dimensional(x, h):
    y = np.convolve(x, h, mode="same").astype(float)
    sys.record.append((repr((x.dtype.str, x.tolist(), h.tolist())), y))
    return y
"""
RECORDED = """
import base64
from safetensors.numpy import save
print("LEAK", base64.b64encode(save(dict(sys.record))).decode())
"""
"""Another student's notebook, which is right, and prints what it was asked and what it gave."""

Arrays = Mapping[str, NDArray[np.generic]]


def leaked(graded: Graded) -> Arrays:
    (line,) = [line for line in said(graded).splitlines() if line.startswith("LEAK ")]
    return safetensors.numpy.load(base64.b64decode(line.removeprefix("LEAK ")))


def worked_out(inputs: Arrays) -> dict[str, NDArray[np.float64]]:
    """The right answers, by the key that a lookup inside computes."""
    table = {}
    for number in range(len(inputs) // 2):
        x, h = (inputs[f"convolution_one_dimensional.{number}.{place}"] for place in (0, 1))
        table[repr((x.dtype.str, x.tolist(), h.tolist()))] = np.convolve(x, h, mode="same") * 1.0
    return table


def replaying(table: Arrays) -> tuple[str, ...]:
    """The flawed notebook with a convolution that looks its answers up."""
    text = base64.b64encode(safetensors.numpy.save(dict(table))).decode()
    return (*FLAWED[:-2], TABLE.format(table=text), FLAWED[-1])


@pytest.fixture(scope="module")
def first(arena: Arena) -> Graded:
    return arena.grade((*FLAWED, LEAK))


def test_the_same_notebook_gets_the_same_inputs_and_another_gets_others(
    arena: Arena, first: Graded
) -> None:
    again = arena.grade_as((*FLAWED, LEAK), first.submission.sha256)
    other = arena.grade((*FLAWED, LEAK + "# once more\n"))
    mine, theirs = leaked(first), leaked(other)
    shown = {f"convolution_one_dimensional.0.{place}" for place in (0, 1)}
    assert shown < mine.keys()
    for key, value in leaked(again).items():
        assert np.array_equal(mine[key], value)
    for key in mine.keys() - shown:
        same = mine[key].shape == theirs[key].shape and np.array_equal(mine[key], theirs[key])
        assert not same or mine[key].size == 1, f"{key} is known to the next attempt"
    assert points(again.report) == points(first.report)


def test_answers_worked_out_for_the_last_attempt_earn_nothing(
    arena: Arena, first: Graded, honest: ScoreReport
) -> None:
    report = arena.grade(replaying(worked_out(leaked(first)))).report
    assert broken(report) == []
    assert gained(report, honest) == {}
    assert points(report)["conv1d"] == 0


def test_answers_recorded_in_another_notebook_earn_nothing(
    arena: Arena, honest: ScoreReport
) -> None:
    solved = arena.grade((IMPORTS, SPEAKING, RECORDED))
    assert points(solved.report)["conv1d"] == 10
    report = arena.grade(replaying(leaked(solved))).report
    assert gained(report, honest) == {}
    assert points(report)["conv1d"] == 0


def test_were_the_inputs_the_same_for_all_they_would_win(arena: Arena, first: Graded) -> None:
    notebook = replaying(worked_out(leaked(first)))
    report = arena.grade_as(notebook, first.submission.sha256).report
    assert points(report)["conv1d"] == 10
