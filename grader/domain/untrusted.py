"""JSON from outside -> plain data whose size is known, and what is wrong with it in a few words."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

MAX_ERRORS = 64
"""Errors that are worth being listed to name the first."""


def read_json(data: bytes, max_values: int) -> tuple[Any, int]:
    """The content, and how many values it holds, counted through its lists and objects.

    Validation makes several errors of each wrong value: the count bounds what these cost.

    Raises:
        ValueError: it is no JSON, too deep, holds NaN or infinity, or more values than that.
    """
    content = from_json(data, allow_inf_nan=False)
    count, todo = 1, [content]
    while todo:
        part = todo.pop()
        if isinstance(part, dict | list):
            count += len(part)
            todo += part.values() if isinstance(part, dict) else part
        if count > max_values:
            raise ValueError(f"it holds more than {max_values} values")
    return content, count


def fault(error: ValidationError) -> str:
    """The first thing that is wrong, without its value, which may be of any size.

    Pydantic's own words hold tags of the input: what is in them acts on no terminal.
    """
    if error.error_count() > MAX_ERRORS:
        return f"in {error.error_count()} places"
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    said = first["msg"][:200].encode("unicode_escape").decode()
    return f"at {'.'.join(map(str, first['loc']))[:200]!r}: {said}"
