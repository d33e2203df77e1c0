"""What must hold for any bytes, as functions of bytes: for atheris and for hypothesis alike."""

import json
import struct
from collections.abc import Callable, Mapping

import numpy as np
import safetensors.numpy
from streams import END, FACTS, HELLO, HONEST, SPEC, answer, cell, claimed, frame, tensors

from grader.domain.arrays import objection
from grader.domain.evidence import Evidence
from grader.domain.submission import Submission
from grader.errors import EvidenceError, SubmissionError
from grader.evidence import Collector, arrays, pack
from grader.notebook import parse

REFUSALS = {
    *("empty", "too_large", "zip", "not_utf8", "truncated", "not_json", "too_deep"),
    *("not_a_notebook", "too_new", "unsupported_format", "not_python", "no_cells"),
    "too_many_cells",
}


def stream(data: bytes) -> int:
    """Bytes of the result pipe; returns how many answers were taken.

    However they are cut, the same comes out; what comes out can be stored and shown.
    """
    whole, refusal = _collected(data, len(data) or 1)
    assert _told(whole) == _told(_collected(data, 7)[0])
    assert refusal == _collected(data, 61)[1]
    assert refusal.isprintable()
    for item in whole.answers:
        item.answer.model_dump_json()
        assert objection(item.tensors) is None
    for run in whole.cells:
        run.model_dump_json()
    assert whole.stopped.cell in {None, 1, 3}
    return len(whole.answers)


def _collected(data: bytes, size: int) -> tuple[Evidence, str]:
    collector = Collector(SPEC)
    refusal = ""
    try:
        for start in range(0, len(data), size):
            collector.feed(data[start : start + size])
    except EvidenceError as error:
        refusal = str(error)
    return collector.evidence(FACTS, None), refusal


def _told(evidence: Evidence) -> tuple[object, ...]:
    answers = [
        (
            item.answer,
            {k: (v.dtype.str, v.shape, v.tobytes()) for k, v in item.tensors.items()},
        )
        for item in evidence.answers
    ]
    return evidence.cells, answers, evidence.stopped, evidence.environment


def frames(data: bytes) -> int:
    """The same, with right lengths: a byte before each part says how long it is, in bytes."""
    parts = []
    position = 0
    while position < len(data):
        size = data[position] * 4
        parts.append(data[position + 1 : position + 1 + size])
        position += 1 + size
    pairs = zip(parts[::2], [*parts[1::2], b""], strict=False)
    return stream(frame(HELLO) + b"".join(pack(header, payload) for header, payload in pairs))


def payload(data: bytes) -> int:
    """Bytes of safetensors; returns how many arrays there are. They are numbers, all of them."""
    try:
        found = arrays(data)
    except EvidenceError as error:
        _require_words(str(error))
        return 0
    assert objection(found) is None
    assert sum(array.nbytes for array in found.values()) <= len(data)
    again = safetensors.numpy.load(safetensors.numpy.save(dict(found)))
    for name, array in found.items():
        assert array.tobytes() == again[name].tobytes()
        with np.errstate(all="ignore"):
            array.astype(np.float64).sum()
    return len(found)


def header(data: bytes) -> int:
    """JSON of a safetensors header in front of 64 zeros."""
    return payload(struct.pack("<Q", len(data)) + data + bytes(64))


def notebook(data: bytes) -> int:
    """A file that was handed in; returns how many cells were read."""
    try:
        read = parse(data, "n.ipynb")
    except SubmissionError as error:
        _require_words(str(error))
        return 0 if error.code in REFUSALS else _unknown(error.code)
    assert Submission.model_validate_json(read.model_dump_json()) == read
    assert read == parse(data, "n.ipynb")
    return len(read.cells)


def _require_words(refusal: str) -> None:
    """A refusal is a line that acts on no terminal."""
    assert refusal.isprintable(), refusal
    assert len(refusal) < 400


def _unknown(code: str) -> int:
    raise AssertionError(f"a code that nobody documents: {code}")


TARGETS: Mapping[str, Callable[[bytes], int]] = {
    "stream": stream,
    "frames": frames,
    "payload": payload,
    "header": header,
    "notebook": notebook,
}


def _parts(*items: bytes) -> bytes:
    return b"".join(bytes([-(-len(i) // 4)]) + i + b" " * (-len(i) % 4) for i in items)


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


_CELL = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "source": ["a = 1\n"]}
_TEXT = {
    "cell_type": "markdown",
    "id": "b",
    "metadata": {},
    "source": "**Q:** x?\n\n**A:** \U0001f600",
}
_OLD = {"cell_type": "heading", "level": 2, "source": "x"}
SEEDS: Mapping[str, tuple[bytes, ...]] = {
    "stream": (b"".join(HONEST), *HONEST),
    "frames": (
        _parts(_json(answer()), tensors(a=[1.0, 2.0])),
        _parts(
            _json(cell(1, error={"name": "E", "message": "m", "traceback": "t"})),
            b"",
            _json(END),
            b"",
        ),
    ),
    "payload": (
        tensors(a=[1.0, 2.0], b=np.zeros((2, 0, 3))),
        tensors(a=[True], b=np.float16([1]), c=[2**62]),
        claimed(
            {"__metadata__": {"a": "b"}, "": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}},
            bytes(4),
        ),
    ),
    "header": (
        _json({"a": {"dtype": "F64", "shape": [2, 4], "data_offsets": [0, 64]}}),
        _json({"a": {"dtype": "BOOL", "shape": [64], "data_offsets": [0, 64]}}),
    ),
    "notebook": (
        _json({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [_CELL, _TEXT]}),
        _json({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [_OLD, _CELL]}]}),
        _json({"nbformat": 4, "metadata": {"kernelspec": {"language": "R"}}, "cells": [{}]}),
        json.dumps({"nbformat": 4, "cells": [_CELL]}).encode("utf-16"),
    ),
}
WORDS = (
    *("type", "hello", "environment", "cell_started", "index", "progress", "text"),
    *("cell_finished", "cell", "status", "answer", "kind", "variables", "probe", "v0", "found"),
    *("end", "reason", "message", "dtype", "shape", "data_offsets", "__metadata__", "F32", "BOOL"),
    *("nbformat", "nbformat_minor", "cells", "worksheets", "cell_type", "code", "markdown"),
    *("heading", "level", "source", "outputs", "attachments", "metadata", "kernelspec", "language"),
    *("language_info", "NaN", "Infinity", "1e999", "-0", "null", "true", "[[", "{}", "\\ud800"),
    "\\u0000",
)
