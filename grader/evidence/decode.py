"""Frames -> records and arrays. Nothing is unpickled, imported or evaluated."""

from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from grader.domain.arrays import objection
from grader.domain.evidence import Answered
from grader.domain.job import AnswerGiven, Record
from grader.errors import EvidenceError
from grader.evidence.frames import Frame

MAX_VALUES = 32_768
"""Values of one record, counted through its lists and objects; the largest that the guest sends has
half of them. Validation makes several errors of each wrong one."""
MAX_ERRORS = 64
"""Errors of one record that are worth being listed to name the first."""
_RECORDS: TypeAdapter[Record] = TypeAdapter(Record)


def record(header: bytes) -> Record:
    """The record that a header holds.

    Raises:
        EvidenceError: it is none.
    """
    try:
        content = from_json(header, allow_inf_nan=False)
    except ValueError as error:
        raise EvidenceError(f"a record is no JSON: {str(error)[:200]}") from None
    if _values(content) > MAX_VALUES:
        raise EvidenceError(f"a record holds more than {MAX_VALUES} values")
    try:
        return _RECORDS.validate_python(content)
    except ValidationError as error:
        raise EvidenceError(f"a record is malformed {_fault(error)}") from None


def _values(content: Any) -> int:
    """How many values JSON content holds; counting ends beyond `MAX_VALUES`."""
    count, todo = 1, [content]
    while todo and count <= MAX_VALUES:
        part = todo.pop()
        if isinstance(part, dict | list):
            count += len(part)
            todo += part.values() if isinstance(part, dict) else part
    return count


def _fault(error: ValidationError) -> str:
    if error.error_count() > MAX_ERRORS:
        return f"in {error.error_count()} places"
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"at {'.'.join(map(str, first['loc']))[:200]!r}: {first['msg'][:200]}"


def arrays(payload: bytes) -> dict[str, NDArray[np.generic]]:
    """The arrays of a payload, bounded in number and dimensions.

    Raises:
        EvidenceError: the payload is no safetensors file, or breaks a cap.
    """
    if not payload:
        return {}
    try:
        found: dict[str, Any] = safetensors.numpy.load(payload)
    except Exception as error:  # noqa: BLE001 - the decoder raises six types for hostile bytes
        raise EvidenceError(f"a payload is not safetensors: {type(error).__name__}") from None
    if (wrong := objection(found)) is not None:
        raise EvidenceError(f"a payload cannot be taken: {wrong}")
    return {name: _true_or_false(array) for name, array in found.items()}


def _true_or_false(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """Bytes other than 0 and 1 may lie under a bool, such as in ``np.empty``: some code reads 7."""
    return array.view(np.uint8) != 0 if array.dtype == np.bool_ else array


def answered(given: AnswerGiven, frame: Frame) -> Answered:
    """An answer with its arrays. Raises EvidenceError, see `arrays`."""
    return Answered(given.answer, arrays(frame.payload))
