"""IPython's syntax -> Python, without IPython: enough to read a cell's code, never to run it."""

import ast
import re
import warnings

_LONG_NAME = re.compile(r"(?:\.[\s\\]*\w+[\s\\]*){100}")
"""CPython joins the parts of an imported name one by one and keeps every step: 100,000 of them take
10 GB."""
_PYTHON_MAGICS = ("time", "timeit", "capture", "prun", "px", "python", "python3", "debug")
_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_TIMED = re.compile(r"(\s*)%(?:time|timeit|prun)\b(?:\s+-\w+(?:\s+\d+)?)*\s?(.*)")
_SPECIAL = re.compile(r"(\s*)(?:[%!?]|[\w.]+\s*=\s*[%!])|(\s*)[\w.]+\?{1,2}\s*$")


def read_code(source: str) -> ast.Module | None:
    """The tree of a code cell, with the cell's own line numbers.

    None where it is no Python, or has a dotted name of a hundred parts. A tree takes a hundred
    times the memory of its source: the caller bounds that.
    """
    if _LONG_NAME.search(source):
        return None
    tree = _parsed(source)
    return tree if tree is not None else _parsed(_plain(source))


def _parsed(source: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as invalid escapes in the student's strings
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return None  # the last two: nested deeper than the parser goes


def _plain(source: str) -> str:
    """Magics, shell lines and help requests replaced line by line."""
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if magic := _CELL_MAGIC.match(lines[first]):
        if magic[1] not in _PYTHON_MAGICS:
            return ""
        lines[first] = ""
    continued = False
    for index, line in enumerate(lines):
        timed = _TIMED.match(line)
        special = _SPECIAL.match(line)
        if continued:
            continued, lines[index] = line.endswith("\\"), ""
        elif timed:
            lines[index] = f"{timed[1]}{timed[2]}"
        elif special:
            continued = line.endswith("\\")
            lines[index] = f"{special[1] or special[2] or ''}pass"
    return "\n".join(lines)
