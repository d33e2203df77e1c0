from collections.abc import Callable

import pytest

from grader.domain.assignment import Shortcut
from grader.notebook import parse

Build = Callable[..., bytes]
CONVOLVE = Shortcut(function="conv", calls=("np.convolve", "np.correlate"))
ANYWHERE = Shortcut(function=None, calls=("np.convolve",))


def flags(data: bytes, *shortcuts: Shortcut) -> list[str]:
    found = parse(data, "n.ipynb", shortcuts=shortcuts).flags
    assert {f.code for f in found} <= {"shortcut_call"}
    return [f.message for f in found]


@pytest.mark.parametrize(
    ("imports", "body", "named"),
    [
        ("import numpy as np", "np.convolve(x, h)", "numpy.convolve"),
        ("import numpy as n", "n.convolve(x, h)", "numpy.convolve"),
        ("import numpy", "numpy.correlate(x, h)", "numpy.correlate"),
        ("from numpy import convolve as c", "c(x, h)", "numpy.convolve"),
        ("from numpy import *", "convolve(x, h)", "convolve"),
        ("from scipy import signal", "signal.convolve(x, h)", "scipy.signal.convolve"),
        ("import scipy.signal", "scipy.signal.convolve(x, h)", "scipy.signal.convolve"),
        ("import numpy as np\nf = np.convolve", "f(x, h)", "numpy.convolve"),
        ("import numpy as np", "getattr(np, 'convolve')(x, h)", "numpy.convolve"),
        ("", "__import__('numpy').convolve(x, h)", "….convolve"),
        ("import numpy as np", "list(map(np.convolve, [x], [h]))", "numpy.convolve"),
    ],
)
def test_a_shortcut_is_found_under_any_name(
    build: Build, imports: str, body: str, named: str
) -> None:
    data = build([("code", imports), ("code", f"def conv(x, h):\n    y = 0\n    return {body}")])
    assert f"Cell 1, line 3: `{named}` is used inside `conv`." in flags(data, CONVOLVE)


def test_the_sanity_check_outside_of_the_function_is_no_shortcut(build: Build) -> None:
    data = build([("code", "def conv(x, h):\n    return x"), ("code", "np.convolve(x, h)")])
    assert flags(data, CONVOLVE) == []
    assert flags(data, ANYWHERE) == ["Cell 1, line 1: `np.convolve` is used."]


def test_a_function_that_the_function_uses_is_searched_too(build: Build) -> None:
    helper = "def helper(x, h):\n    return np.convolve(x, h)"
    data = build([("code", helper), ("code", "def conv(x, h):\n    return helper(x, h)")])
    assert flags(data, CONVOLVE) == ["Cell 0, line 2: `np.convolve` is used inside `conv`."]


@pytest.mark.parametrize("source", ["conv = np.convolve", "conv = lambda x, h: np.convolve(x, h)"])
def test_a_function_by_assignment_is_searched(build: Build, source: str) -> None:
    assert len(flags(build([("code", source)]), CONVOLVE)) == 1


def test_a_function_of_the_students_own_with_that_name_is_no_shortcut(build: Build) -> None:
    source = "def convolve(x, h):\n    return x\ndef conv(x, h):\n    return convolve(x, h)"
    assert flags(build([("code", source)]), CONVOLVE) == []


def test_a_method_with_that_name_is_no_shortcut(build: Build) -> None:
    assert flags(build([("code", "self.convolve(1)")]), ANYWHERE) == []


@pytest.mark.parametrize(
    "before",
    ["%matplotlib inline", "!pip install \\\n  numpy", "%%time", "np.array?", "files = !ls", "?np"],
)
def test_notebook_syntax_does_not_hide_a_shortcut(build: Build, before: str) -> None:
    line = before.count("\n") + 2
    data = build([("code", f"{before}\nnp.convolve(x, h)")])
    assert flags(data, ANYWHERE) == [f"Cell 0, line {line}: `np.convolve` is used."]


def test_a_timed_line_is_read(build: Build) -> None:
    data = build([("code", "if True:\n    %timeit -n 3 np.convolve(x, h)")])
    assert flags(data, ANYWHERE) == ["Cell 0, line 2: `np.convolve` is used."]


@pytest.mark.parametrize(
    "source",
    [
        "%%bash\nnp.convolve",
        "def f(:\n    np.convolve",
        "'np.convolve'  # np.convolve(x, h)",
        "np.convolve = 3\0",
        "(" * 10_000 + "np.convolve" + ")" * 10_000,
        "-" * 50_000 + "1",
        "a" + ".b" * 90_000,
        "x = " + "1 + " * 40_000 + "np.convolve",
    ],
)
def test_what_is_no_python_is_skipped(build: Build, source: str) -> None:
    assert flags(build([("code", source)]), ANYWHERE) == []


def test_many_shortcuts_are_counted_and_not_listed(build: Build) -> None:
    found = flags(build([("code", "np.convolve(x, h)\n" * 100)]), ANYWHERE)
    assert len(found) == 21
    assert found[-1] == "And 80 more."


def test_invalid_escapes_in_strings_raise_no_warning(build: Build) -> None:
    assert flags(build([("code", "np.convolve('\\d')")]), ANYWHERE) != []
