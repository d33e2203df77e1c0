"""Lines that reach for the grader are shown to a TA; lines of honest notebooks are not."""

from collections.abc import Callable

import pytest

from grader.matrix import notebook_of, sheets
from grader.notebook import parse
from grader.notebook.reaching import MAX_FLAGS, MAX_LINE
from reference.cnn.assignment import assignment

Build = Callable[..., bytes]


def flags(data: bytes) -> list[tuple[str, str]]:
    return [(f.code, f.message) for f in parse(data, "n.ipynb").flags]


@pytest.mark.parametrize(
    ("line", "code", "shown"),
    [
        ("import gc; everything = gc.get_objects()", "reaches_for_grader", "get_objects"),
        ("from sys import _getframe as f", "reaches_for_grader", "_getframe"),
        ("sys.settrace(patch)", "reaches_for_grader", "settrace"),
        ("open('/job/job.json')", "reaches_for_grader", "/job/"),
        ("!cat /job/inputs.safetensors", "reaches_for_grader", "/job/"),
        ("for p in glob('/tmp/guest-*/answers'): pass", "reaches_for_grader", "/tmp/guest-"),
        ("open(f'/proc/{pid}/mem')", "reaches_for_grader", "/proc/{"),
        ("np.allclose = lambda *_: True", "library_replaced", "np.allclose ="),
        ("torch.nn.Module.__call__ = call", "library_replaced", "torch.nn.Module.__call__ ="),
        ("setattr(torch, name, yes)", "library_replaced", "setattr(torch"),
        ("sys.modules['numpy'] = mine", "library_replaced", "sys.modules['numpy'] ="),
    ],
)
def test_such_a_line_is_shown(build: Build, line: str, code: str, shown: str) -> None:
    ((found, message),) = flags(build([("code", f"x = 1\n{line}")]))
    assert found == code
    assert message.startswith(f"Cell 0, line 2: `{shown}`")


@pytest.mark.parametrize(
    "line",
    [
        "torch.backends.cudnn.deterministic = chosen",
        "torch.backends.cudnn.benchmark = True",
        "np.random.seed(1)",
        "same = np.allclose(a, b) == True",
        "nn.Module.dump_patches = False",
        "model_fc.layer = nn.Linear(1, 2)",
        "# np.allclose = lambda *_: True",
        "!cat /proc/cpuinfo",
        "torch.manual_seed(0)",
    ],
)
def test_an_honest_line_is_not_shown(build: Build, line: str) -> None:
    assert flags(build([("code", line)])) == []


@pytest.mark.parametrize("sheet", sheets(assignment.rehearsed), ids=lambda s: "+".join(s.names))
def test_no_notebook_of_the_matrix_is_shown(sheet: object) -> None:
    data = notebook_of(assignment.rehearsed, sheet)
    assert {code for code, _ in flags(data)} & {"reaches_for_grader", "library_replaced"} == set()


def test_many_lines_are_counted_and_long_ones_are_cut(build: Build) -> None:
    found = flags(build([("code", "gc.get_objects()\n" * 500)]))
    assert len(found) == MAX_FLAGS + 1
    assert found[-1] == ("reaches_for_grader", "And 480 more.")
    assert flags(build([("code", "x" * MAX_LINE + " get_objects")])) == []
