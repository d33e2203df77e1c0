"""The guest's only way out: frames on the descriptor that was its standard output."""

import ctypes
import os
import struct
from collections.abc import Mapping

from shared_text import encode

MAX_HEADER_BYTES = 4 * 1024 * 1024
RESERVED_BYTES = 2 * 1024 * 1024
"""Kept back from `evidence_bytes` for the records that tell how the run went."""
_PR_SET_DUMPABLE = 4

Record = Mapping[str, object]


class Frames:
    """Writes records; see `grader.domain.job` for the format."""

    def __init__(self, descriptor: int, evidence_bytes: int) -> None:
        self._descriptor = descriptor
        self._room = evidence_bytes - RESERVED_BYTES

    @classmethod
    def take_stdout(cls, evidence_bytes: int) -> "Frames":
        """Keep standard output for the frames alone.

        What anybody prints from now on goes to standard error. The copy closes on exec, and a
        process that cannot be dumped hides its descriptors from others of the same user.
        """
        descriptor = os.dup(1)
        os.dup2(2, 1)
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        return cls(descriptor, evidence_bytes)

    def fits(self, size: int) -> bool:
        """Whether an answer of that many bytes leaves room for how the run went."""
        return size <= self._room

    def send(self, record: Record) -> None:
        """Write a record without arrays; an output too long for a header is cut until it fits."""
        header = encode(record)
        while len(header) > MAX_HEADER_BYTES:
            record = _halved(record)
            header = encode(record)
        self.forward(header, b"")

    def forward(self, header: bytes, payload: bytes) -> None:
        """Write a frame whose header is encoded already."""
        self._room -= 8 + len(header) + len(payload)
        for part in (struct.pack(">II", len(header), len(payload)) + header, payload):
            rest = memoryview(part)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]


def _halved(record: Record) -> Record:
    cell = dict(record["cell"])  # only a finished cell holds text of that length
    text = cell["output"]
    quarter = len(text) // 4
    cell["output"] = text[:quarter] + "\n[... output cut ...]\n" + text[-quarter:]
    cell["truncated"] = True
    return {**record, "cell": cell}
