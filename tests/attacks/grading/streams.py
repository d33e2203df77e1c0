"""Streams as a guest writes them, and parts for those that it never would."""

import json
import struct
from typing import Any

import numpy as np
import safetensors.numpy

from grader.domain.evidence import Evidence
from grader.domain.job import JobCell, JobSpec
from grader.domain.limits import Limits
from grader.domain.probe import ReadVariables
from grader.domain.run import SandboxFacts
from grader.errors import EvidenceError
from grader.evidence import Collector, pack

PROBES = tuple(ReadVariables(id=f"v{number}", names=("a",)) for number in range(80))
SPEC = JobSpec(
    cells=tuple(JobCell(index=index, source="a = 1") for index in (1, 3)),
    probes=PROBES,
    limits=Limits(),
    seed=1,
)
FACTS = SandboxFacts(sandbox="fake", seconds=1)


def frame(record: object, payload: bytes = b"") -> bytes:
    """A frame of a record as Python's JSON writes it, NaN included."""
    return pack(json.dumps(record).encode(), payload)


def tensors(**named: Any) -> bytes:
    """A payload."""
    return bytes(safetensors.numpy.save({k: np.asarray(v) for k, v in named.items()}))


def claimed(header: object, data: bytes = b"") -> bytes:
    """A payload whose header says what it likes about its data."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def answer(probe: str = "v0", **changes: object) -> dict[str, object]:
    """An answer with one variable."""
    said = {
        "kind": "variables",
        "probe": probe,
        "cell": 1,
        "found": {"asked": "a", "used": "a"},
        "variables": [{"name": "a", "key": "a"}],
    }
    return {"type": "answer", "answer": said | changes}


def cell(index: int, **changes: object) -> dict[str, object]:
    """A cell that ended."""
    return {"type": "cell_finished", "cell": {"index": index, "status": "ok"} | changes}


HELLO: dict[str, object] = {"type": "hello", "environment": {"python": "3.11"}}
END: dict[str, object] = {"type": "end", "reason": "finished"}
HONEST = (
    frame(HELLO),
    frame({"type": "cell_started", "index": 1}),
    frame(cell(1)),
    frame(answer(), tensors(a=[1.0, 2.0])),
    frame({"type": "cell_started", "index": 3}),
    frame(cell(3)),
    frame(END),
)
"""A whole run, frame by frame."""


def collected(*chunks: bytes) -> tuple[Evidence, str]:
    """The evidence of a stream, and why it was refused; empty where it was not."""
    collector = Collector(SPEC)
    refusal = ""
    try:
        for chunk in chunks:
            collector.feed(chunk)
    except EvidenceError as error:
        refusal = str(error)
        assert refusal.isprintable()
        assert len(refusal) < 1000
    return collector.evidence(FACTS, None), refusal


def told(evidence: Evidence) -> tuple[list[str], int]:
    """How the cells went, and how many answers came."""
    return [cell.status for cell in evidence.cells], len(evidence.answers)
