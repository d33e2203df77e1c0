"""Code that reaches for the grader or replaces a library's functions: shown to a TA, never judged.

Exercises have no use for any of it. It wins no points (see docs/threat-model.md), and whoever wants
to hide it can: so a flag says that a TA should look, and no flag says nothing.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from grader.domain.submission import Cell, Flag

MAX_FLAGS = 20
MAX_CODE = 1_000_000
"""Characters of all cells that are searched, thirty times a real notebook's."""
MAX_LINE = 2_000
"""Characters of a line that are searched."""

_REACHES = re.compile(
    r"/job/|job\.json|inputs\.safetensors|/tmp/guest-|/proc/(?:\d|self|\{)|\binside_agent\b"
    r"|\b(?:get_objects|get_referrers|get_referents|_getframe|_current_frames|currentframe"
    r"|settrace|setprofile|addaudithook|ast_transformers|do_execute)\b"
)
_LIBRARY = r"(?:np|numpy|torch|nn|F|json|safetensors|builtins|struct|os|signal|time)"
_REPLACES = re.compile(
    rf"^\s*{_LIBRARY}(?!\.backends\b)(?:\.\w+)+\s*=(?!=|\s*(?:[\d\"'\[(]|True\b|False\b|None\b))"
    rf"|\bsetattr\(\s*{_LIBRARY}\b"
    r"|\bsys\.modules\[[^\]]*\]\s*=(?!=)"
)
_KINDS = (
    ("reaches_for_grader", _REACHES, "what belongs to the grader or the interpreter is used"),
    ("library_replaced", _REPLACES, "a function of a library is replaced"),
)


def find_reaching(cells: Sequence[Cell]) -> tuple[Flag, ...]:
    """Flags ``reaches_for_grader`` and ``library_replaced``, one for each line that shows it."""
    found = _flags(cells)
    flags = tuple(islice(found, MAX_FLAGS))
    codes = [flag.code for flag in found]
    if not codes:
        return flags
    return (*flags, Flag(code=codes[0], message=f"And {len(codes)} more."))


def _flags(cells: Sequence[Cell]) -> Iterator[Flag]:
    room = MAX_CODE
    for cell in cells:
        lines = cell.source[:room].split("\n") if cell.kind == "code" else []
        room -= min(room, sum(map(len, lines)))
        for number, line in enumerate(lines, start=1):
            if line.lstrip().startswith("#"):
                continue
            for code, pattern, told in _KINDS:
                if found := pattern.search(line[:MAX_LINE]):
                    text = found[0].strip()
                    yield Flag(
                        code=code, message=f"Cell {cell.index}, line {number}: `{text}`: {told}."
                    )
