"""Frames -> records and arrays. Nothing is unpickled, imported or evaluated."""

from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from grader.domain.evidence import Answered, Tensors
from grader.domain.job import AnswerGiven, Record
from grader.errors import EvidenceError
from grader.evidence.frames import Frame

MAX_ARRAYS = 4096
MAX_DIMENSIONS = 8
_RECORDS: TypeAdapter[Record] = TypeAdapter(Record)


def record(header: bytes) -> Record:
    """The record that a header holds.

    Raises:
        EvidenceError: it is none.
    """
    try:
        return _RECORDS.validate_json(header)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))[:200]
        raise EvidenceError(f"a record is malformed at {where!r}: {first['msg'][:200]}") from None


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
    if len(found) > MAX_ARRAYS:
        raise EvidenceError(f"a payload holds {len(found)} arrays, at most {MAX_ARRAYS} may come")
    for name, array in found.items():
        if array.ndim > MAX_DIMENSIONS or array.dtype.kind not in "bif":
            raise EvidenceError(
                f"array {name[:100]!r} has {array.ndim} dimensions of type {array.dtype}, expected "
                f"at most {MAX_DIMENSIONS} of bool, int or float"
            )
    return found


def answered(given: AnswerGiven, frame: Frame) -> Answered:
    """An answer with its arrays. Raises EvidenceError, see `arrays`."""
    return Answered(given.answer, arrays(frame.payload))


def encode(tensors: Tensors) -> bytes:
    """Arrays as safetensors: job inputs and stored evidence."""
    return safetensors.numpy.save({k: np.asarray(v, order="C") for k, v in tensors.items()})
