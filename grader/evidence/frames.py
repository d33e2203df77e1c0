"""Bytes of the result pipe -> frames, under caps that hold while reading.

The other side is hostile: whatever it writes, this costs at most one frame of memory and ends in
frames or in `EvidenceError`.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from grader.domain.job import MAX_HEADER_BYTES
from grader.errors import EvidenceError

_LENGTHS = struct.Struct(">II")


@dataclass(frozen=True)
class Frame:
    """One record as bytes."""

    header: bytes
    payload: bytes


def pack(header: bytes, payload: bytes = b"") -> bytes:
    """The bytes of a frame: what the guest writes; here for fakes and tests."""
    return _LENGTHS.pack(len(header), len(payload)) + header + payload


class FrameReader:
    """Cuts a stream into frames.

    Args:
        payload_bytes: the most that one payload may hold.
    """

    def __init__(self, payload_bytes: int) -> None:
        self._payload_bytes = payload_bytes
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Frames that are complete with this chunk.

        Raises:
            EvidenceError: a length is over its cap.
        """
        self._buffer += chunk
        while (frame := self._next()) is not None:
            yield frame

    def _next(self) -> Frame | None:
        if len(self._buffer) < _LENGTHS.size:
            return None
        header, payload = _LENGTHS.unpack_from(self._buffer)
        if header > MAX_HEADER_BYTES or payload > self._payload_bytes:
            raise EvidenceError(
                f"a frame announces {header} + {payload} bytes, "
                f"at most {MAX_HEADER_BYTES} + {self._payload_bytes} are allowed"
            )
        start, end = _LENGTHS.size, _LENGTHS.size + header + payload
        if len(self._buffer) < end:
            return None
        frame = Frame(
            bytes(self._buffer[start : start + header]), bytes(self._buffer[start + header : end])
        )
        del self._buffer[:end]
        return frame

    @property
    def pending(self) -> int:
        """Bytes of a frame that has not been completed."""
        return len(self._buffer)
