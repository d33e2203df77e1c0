"""Says what student code raised, whatever its own `__str__` and `__repr__` do."""

import linecache
import traceback
from collections.abc import Mapping

from inside_signals import Interrupted
from inside_values import kind
from shared_text import long, short

_walk = traceback.walk_tb
_line = linecache.getline
_NOTEBOOK = ("/ipykernel_", "<ipython-input", "<string>")


def safe_str(value: object) -> str:
    """`str` of it, or what kept it from having one."""
    return _said(str, value)


def safe_repr(value: object) -> str:
    """`repr` of it, or what kept it from having one."""
    return _said(repr, value)


def _said(how: type[str] | object, value: object) -> str:
    try:
        text = how(value)
        return str.__str__(text)
    except Interrupted:
        raise
    except BaseException as error:  # a repr may recurse, exit or raise anything
        return f"<{kind(value)} that cannot be shown: {kind(error)}>"


def raised(error: BaseException) -> Mapping[str, object]:
    """The `Raised` for an exception."""
    return {
        "name": short(kind(error)),
        "message": long(safe_str(error)),
        "line": _student_line(error),
    }


def _student_line(error: BaseException) -> str | None:
    found = None
    try:
        for frame, number in _walk(error.__traceback__):
            name = frame.f_code.co_filename
            if any(part in name for part in _NOTEBOOK):
                found = _line(name, number, frame.f_globals).strip() or found
    except Interrupted:
        raise
    except BaseException:  # a forged traceback is no reason to lose the answer
        return None
    return short(found) if found else None
