"""Whatever file is handed in is read or refused, within bounds of memory and time."""

import json

import pytest
from bounded import Ended, bounded

from grader import notebook as reading
from grader.errors import SubmissionError
from grader.notebook import answers, ipython, names, release

SETUP = r"""
from pathlib import Path
from grader.domain.assignment import Shortcut
from grader.errors import SubmissionError
from grader.notebook import parse
from reference.cnn import questions
asked = [q for q in vars(questions).values() if isinstance(q, questions.Question)]
release = Path(questions.__file__).with_name("release.ipynb").read_bytes()
shortcuts = [Shortcut(function=None, calls=("torch.load",)), Shortcut(function="f", calls=("numpy.convolve",))]
def read(data):
    return parse(data, "hostile.ipynb", questions=asked, release=release, shortcuts=shortcuts)
assert len(asked) == 7
read(release)
M = 1024**2
Q = b"**Q:** How many learnable parameters (weights) does this model have?\\n\\n"
def cells(kind, *sources):
    each = (b'{"cell_type":"%s","metadata":{},"source":%s}' % (kind, s) for s in sources)
    return b'{"nbformat":4,"nbformat_minor":4,"cells":[' + b",".join(each) + b"]}"
def text(kind, source, times=1):
    return cells(kind, *[b'"%s"' % source] * times)
def metadata(value):
    return b'{"metadata":{"x":%s},"nbformat":4,"cells":[{"cell_type":"code","source":""}]}' % value
"""
READ = """
try:
    print("read", *sorted({flag.code for flag in read(data).flags}))
except SubmissionError as error:
    assert str(error).isprintable() and str(error).isascii(), str(error)
    assert len(str(error)) < 300
    print(error.code)
"""

LARGE = {
    "only openings": ("b'[' * (100 * M)", "too_deep"),
    "pairs of brackets": ("metadata(b'[' + b'[],' * (30 * M) + b'1]')", "read"),
    "only quotes": ("b'\"' * (100 * M)", "not_json"),
    "only backslashes": ("b'{\"a\":\"' + b'\\\\' * (99 * M)", "truncated"),
    "digits": ("metadata(b'7' * (99 * M))", "read"),
    "wide characters": ("metadata(b'\"' + '\U0001f600'.encode() * (24 * M) + b'\"')", "read"),
    "300,000 keys": (
        "b'{' + b','.join(b'\"%d\":0' % n for n in range(300_000)) + b'}'",
        "not_a_notebook",
    ),
    "a million cells": ("b'{\"nbformat\":4,\"cells\":[' + b'{},' * 1_000_000 + b'{}]}'", "too_large"),
    "100,000 cells": ("b'{\"nbformat\":4,\"cells\":[' + b'{},' * 100_000 + b'{}]}'", "too_many_cells"),
    "lists of cells": (
        "b'{\"nbformat\":4,' + (b'\"cells\":[' + b'{\"source\":\"a\"},' * 1_999 + b'{}],') * 100 + b'\"a\":1}'",
        "read odd_source unknown_cell",
    ),
    "UTF-16": (
        "b'\\xff\\xfe' + ('{\"nbformat\":4,\"a\":\"' + '\\u4e00' * (45 * M) + '\",\"cells\":[{}]}').encode('utf-16-le')",
        "read encoding odd_source unknown_cell",
    ),
    "ids": (
        "b'{\"nbformat\":4,\"nbformat_minor\":5,\"cells\":[' + b','.join([b'{\"id\":\"' + b'a' * 50_000 + b'\"}'] * 2_000) + b']}'",
        "read cell_ids odd_source unknown_cell",
    ),
    "a source in parts": ("cells(b'code', b'[' + b'\"\",' * (10 * M) + b'\"\"]')", "read"),
    "a source of lists": ("cells(b'code', b'[' + b'[],' * (4 * M) + b'1]')", "read odd_source"),
    "lone surrogates": ("text(b'code', b'\\\\ud800' * (5 * M))", "read code_not_searched surrogates_replaced"),
    "paragraphs": ("text(b'markdown', b'a\\\\n\\\\n' * (5 * M))", "read"),
    "headings": ("text(b'markdown', b'# a\\\\n' * (5 * M))", "read"),
    "one answer": ("text(b'markdown', Q + b' 1' * (15 * M))", "read"),
    "comments that never end": ("text(b'markdown', b'<!--' * (7 * M))", "read"),
    "names": ("text(b'code', b'a\\\\n' * 100_000, 20)", "read code_not_searched"),
    "statements": ("text(b'code', b'a=1;' * 4_000, 2_000)", "read code_not_searched"),
    "replaced functions": (
        "text(b'code', b'nn.a=b\\\\n' * (3 * M))",
        "read code_not_searched library_replaced",
    ),
    "one dotted import": ("text(b'code', b'import ' + b'a.' * 100_000 + b'a')", "read"),
    "a dotted import over lines": ("text(b'code', b'import ' + b'a . \\\\\\\\\\\\n ' * 30_000 + b'a')", "read"),
    "an image and blanks": ("text(b'markdown', Q + b'<img>' + b' ' * 900_000 + b'x')", "read"),
    "marks between code": (
        "cells(b'markdown', b'\"%s%s\"' % (Q, b'!' * 900_000))[:-2] + b',{\"cell_type\":\"code\",\"source\":\"x\"}' * 1_998 + b']}'",
        "read",
    ),
}  # fmt: skip
# ruff: noqa: E501 - an attack stands in one line


@pytest.mark.parametrize("name", LARGE)
def test_a_large_hostile_file_costs_bounded_memory_and_time(name: str) -> None:
    data, expected = LARGE[name]
    ended = bounded(f"{SETUP}\ndata = {data}\nassert len(data) <= 100 * M", READ)
    assert (ended.said, ended.grown < 400) == (expected, True), ended


def weakened(data: str, weaker: str, seconds: int = 0) -> Ended:
    """An attack with a defence taken out; an alarm ends what takes longer than `seconds`."""
    alarm = f"import signal\nsignal.alarm({seconds})"
    return bounded(f"{SETUP}\ndata = {data}\n{weaker}", f"{alarm}\n{READ}")


def test_without_the_bound_on_code_the_trees_cost_much_memory() -> None:
    weaker = "from grader.notebook import names as n\nn.MAX_CODE = 10**9"
    data = r"text(b'code', b'a\n' * 100_000, 5)"
    assert weakened(data, weaker).grown > 2 * weakened(data, "").grown


def test_without_the_bound_on_names_an_import_costs_much_memory() -> None:
    weaker = "import re\nfrom grader.notebook import ipython\nipython._LONG_NAME = re.compile('a^')"
    data = "text(b'code', b'import ' + b'a.' * 20_000 + b'a')"
    assert weakened(data, "").grown < 50
    assert weakened(data, weaker).grown > 250


@pytest.mark.parametrize(
    ("name", "weaker"),
    [
        (
            "an image and blanks",
            (
                r"import re; from grader.notebook import release as given; "
                r"given._FILE_IMAGE = re.compile(r'\s*<img\b[^>]{0,500}>\s*(?:</img>)?\s*')"
            ),
        ),
        ("marks between code", "from grader.notebook import answers; answers.MAX_ANSWER = 10**9"),
    ],
)
def test_without_a_bound_on_answers_a_text_costs_all_time(name: str, weaker: str) -> None:
    with pytest.raises(AssertionError, match="-14"):  # the alarm's signal
        weakened(LARGE[name][0], weaker, 4)


def refused(data: bytes) -> SubmissionError:
    with pytest.raises(SubmissionError) as caught:
        reading.parse(data, "hostile.ipynb")
    return caught.value


@pytest.mark.parametrize(
    "name", ["\x1b]0;title\x07", "\x1b[31mR", "R\u202e", "R\r\nerror: forged", "\x9b2J", "\ud800R"]
)
def test_the_name_of_a_language_acts_on_no_terminal(name: str) -> None:
    for metadata in ({"language_info": {"name": name}}, {"kernelspec": {"language": name}}):
        cell = {"cell_type": "code", "source": "1"}
        data = json.dumps({"nbformat": 4, "metadata": metadata, "cells": [cell]}).encode()
        error = refused(data)
        assert (error.code, str(error).isascii(), str(error).isprintable()) == (
            "not_python",
            True,
            True,
        )


@pytest.mark.parametrize("what", ["\x1b]0;t\x07", "\u202e", "\x9b31m", "\n\rerror:", "\u2028"])
def test_what_a_file_is_instead_of_json_acts_on_no_terminal(what: str) -> None:
    assert str(refused(f"x{what}".encode())).isprintable()
    version = json.dumps({"nbformat": what, "cells": []}).encode()
    assert str(refused(version)).isprintable()


def test_the_bounds_are_far_above_a_real_notebook(solution: bytes) -> None:
    cells = reading.parse(solution, "solution.ipynb").cells
    code = sum(len(cell.source) for cell in cells if cell.kind == "code")
    text = sum(len(cell.source) for cell in cells if cell.kind == "markdown")
    assert 10 * code < names.MAX_CODE
    assert 10 * text < answers.MAX_TEXT
    assert ipython.read_code("import torch.nn.functional as F\nx = a.b.c.d.e()") is not None
    assert release.Release(cells).blocks
