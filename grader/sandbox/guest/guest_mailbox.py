"""Reads the answers that the kernel left in a folder. Students can write there: trust nothing."""

import json
import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from guest_frames import MAX_HEADER_BYTES
from shared_text import short

CURRENT = "current"
"""File that names the probe being asked."""


@dataclass(frozen=True)
class Letter:
    """An answer as it was written.

    Attributes:
        header: UTF-8 JSON of an ``answer`` record.
        payload: safetensors.
        probe: id of the probe.
        cell: index of the cell after which it was asked.
    """

    header: bytes
    payload: bytes
    probe: str
    cell: int


class Mailbox:
    """Hands out each answer once, in order."""

    def __init__(self, folder: Path, answer_bytes: int) -> None:
        self._folder = folder
        self._cap = answer_bytes
        self._next = 0

    def collect(self) -> Iterator[Letter]:
        """The letters that came since the last time; broken ones are skipped."""
        while (data := self._take(f"{self._next:06d}")) is not None:
            self._next += 1
            if letter := self._open(data):
                yield letter

    def current(self) -> str | None:
        """Id of the probe that the kernel was busy with."""
        data = self._take(CURRENT)
        return short(data.decode("utf-8", "replace")) if data else None

    def _take(self, name: str) -> bytes | None:
        try:
            path = self._folder / name
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return b""
            data = file.read(8 + MAX_HEADER_BYTES + self._cap + 1)
        path.unlink(missing_ok=True)
        return data

    def _open(self, data: bytes) -> Letter | None:
        if len(data) < 8:
            return None
        size, rest = struct.unpack(">II", data[:8])
        header, payload = data[8 : 8 + size], data[8 + size :]
        if size > MAX_HEADER_BYTES or len(payload) != rest or rest > self._cap:
            return None
        try:
            answer = json.loads(header)["answer"]
            return Letter(header, payload, short(answer["probe"]), int(answer["cell"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
