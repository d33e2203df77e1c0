"""Notebooks that break while they run: the report names the cell and the limit, nothing is lost."""

import pytest
from integration_support import Grade, problem

from grader.pipeline import Graded

MODEL = """
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F
class FC(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(),
            nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    def forward(self, x):
        return self.layers(x)
model_fc = FC()
"""
CONVOLUTION = """
def convolution_one_dimensional(x, h):
    padded = np.concatenate([np.zeros(len(h) // 2), x, np.zeros(len(h) // 2)])
    return np.array([padded[i:i + len(h)] @ h[::-1] for i in range(len(x))])
"""
FATAL = {
    "os_exit": ("import os\nos._exit(3)", "kernel_died", {}),
    "killed_kernel": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "kernel_died", {}),
    "memory": ("blocks = [bytearray(b'x') * 1024**3 for _ in range(30)]", "memory", {}),
    "wall_time": ("while True: pass", "wall_time", {"wall_seconds": 15}),
}


@pytest.mark.parametrize("name", FATAL)
def test_what_was_computed_before_the_end_keeps_its_points(grade: Grade, name: str) -> None:
    source, reason, limits = FATAL[name]
    graded = grade([MODEL, source, CONVOLUTION], **limits)
    assert graded.report.run.stopped == reason
    assert graded.evidence.stopped.cell == 1
    assert graded.report.status == "graded"
    assert problem(graded, "fc").earned == 10
    assert problem(graded, "conv1d").status == "not_graded"
    statuses = [cell.status for cell in graded.report.run.cells]
    assert statuses[0] == "ok"
    assert statuses[2] == "not_run"


PASSING = {
    "error": ("1 / 0", "error"),
    "syntax_error": ("def f(:", "error"),
    "quit": ("quit()", None),
    "sys_exit": ("import sys\nsys.exit(1)", None),
    "endless_repr": (
        "class R:\n    def __repr__(self): return repr(self)\nr = R()\nr",
        None,
    ),
    "prints_200_mb": ("for _ in range(200): print('x' * 1024**2)", "ok"),
    "prints_500_mb_at_once": ("print('x' * 500 * 1024**2)", "ok"),
    "30_gb_at_once": ("block = b'x' * 30 * 1024**3", "error"),
    "input": ("assert input('go on? ') == 'q'", "ok"),
    "surrogates": ("print('\\ud800 lone')\n'\\udfff'", "ok"),
    "bash": ("%%bash\necho hello", "ok"),
    "pip": ("!pip install torchsummary", "ok"),
}
"""They break and are over: one notebook has them all, each with a sound cell behind it."""
LASTING = {
    "endless_cell": ("while True: pass", {"cell_seconds": 8}, "timed_out"),
    "500_processes": (
        "import subprocess\nall_of_them = [subprocess.Popen(['sleep', '9']) for _ in range(500)]",
        {},
        None,
    ),
    "no_gradients": ("torch.set_grad_enabled(False)", {}, "ok"),
    "warnings_as_errors": ("import warnings\nwarnings.simplefilter('error')", {}, "ok"),
    "floating_point_errors": ("np.seterr(all='raise')", {}, "ok"),
    "another_folder": ("import os\nos.chdir('/tmp')", {}, "ok"),
    "another_dtype": ("torch.set_default_dtype(torch.float64)", {}, "ok"),
    "no_builtins": ("import builtins\nbuiltins.open = builtins.print = None", {}, "ok"),
}
"""They change what comes after them, or the run's limits: each has a notebook of its own."""


@pytest.fixture(scope="module")
def passed(grade: Grade) -> Graded:
    broken = [source for source, _ in PASSING.values()]
    return grade([MODEL, *(cell for source in broken for cell in (source, CONVOLUTION))])


@pytest.mark.parametrize("name", PASSING)
def test_the_cells_after_a_broken_one_are_run_and_graded(passed: Graded, name: str) -> None:
    _, status = PASSING[name]
    place = 1 + 2 * list(PASSING).index(name)
    check_survived(passed, place, status)


@pytest.mark.parametrize("name", LASTING)
def test_the_cells_after_one_that_breaks_more_than_itself_are_run_and_graded(
    grade: Grade, name: str
) -> None:
    source, limits, status = LASTING[name]
    check_survived(grade([MODEL, source, CONVOLUTION], **limits), 1, status)


def check_survived(graded: Graded, place: int, status: str | None) -> None:
    assert graded.report.run.stopped == "finished"
    assert problem(graded, "fc").earned == 10
    assert problem(graded, "conv1d").earned == 10
    broken, after = graded.report.run.cells[place : place + 2]
    assert after.status == "ok"
    if status is not None:
        assert broken.status == status
