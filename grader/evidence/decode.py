"""Frames -> records and arrays. Nothing is unpickled, imported or evaluated."""

from typing import Any, NamedTuple

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from grader.domain.arrays import objection
from grader.domain.evidence import Answered
from grader.domain.job import AnswerGiven, Record
from grader.domain.untrusted import fault, read_json
from grader.errors import EvidenceError
from grader.evidence.frames import Frame

MAX_VALUES = 32_768
"""Values of one record; the largest that the guest sends has half of them."""
_RECORDS: TypeAdapter[Record] = TypeAdapter(Record)


class Read(NamedTuple):
    """A record, and how many values its JSON holds."""

    record: Record
    values: int


def read(header: bytes) -> Read:
    """The record that a header holds.

    Raises:
        EvidenceError: it is none.
    """
    try:
        content, values = read_json(header, MAX_VALUES)
        return Read(_RECORDS.validate_python(content), values)
    except ValidationError as error:
        raise EvidenceError(f"a record is malformed {fault(error)}") from None
    except ValueError as error:
        raise EvidenceError(f"a record cannot be read: {str(error)[:200]}") from None


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
    return np.asarray(array.view(np.uint8) != 0) if array.dtype == np.bool_ else array


def answered(given: AnswerGiven, frame: Frame) -> Answered:
    """An answer with its arrays. Raises EvidenceError, see `arrays`."""
    return Answered(given.answer, arrays(frame.payload))
