"""Writes answers where the guest finds them: one file each, complete when it appears."""

import os
from collections.abc import Mapping
from contextlib import suppress
from struct import pack

from inside_values import size_of
from numpy import asarray, ndarray
from safetensors.numpy import save
from shared_text import encode, short

_open, _write, _close, _rename = os.open, os.write, os.close, os.rename
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
_SLACK = 64 * 1024

Answer = Mapping[str, object]
Tensors = Mapping[str, ndarray]


class Outbox:
    """The kernel's side of the guest's mailbox."""

    def __init__(self, folder: str, answer_bytes: int) -> None:
        self._folder = folder
        self.cap = answer_bytes - _SLACK
        """Bytes that the arrays of one answer may have."""
        self._next = 0

    def asking(self, probe: str) -> None:
        """Note which probe is at work, should it take the kernel down."""
        with suppress(OSError):  # a full disk
            self._put("current", probe.encode("utf-8", "replace"))

    def send(self, answer: Answer, tensors: Tensors) -> None:
        """Hand over an answer; too many bytes make it an `Unanswered`."""
        if size_of(tensors) > self.cap:
            keep = {key: answer[key] for key in ("probe", "cell", "seconds")}
            message = f"its arrays have {size_of(tensors)} bytes, at most {self.cap} are read"
            answer = {
                **keep,
                "kind": "unanswered",
                "reason": "too_large",
                "message": short(message),
                "found": answer.get("found"),
            }
            tensors = {}
        payload = save({k: asarray(v, order="C") for k, v in tensors.items()}) if tensors else b""
        header = encode({"type": "answer", "answer": answer})
        self._put(f"{self._next:06d}", pack(">II", len(header), len(payload)) + header + payload)
        self._next += 1

    def _put(self, name: str, data: bytes) -> None:
        draft = f"{self._folder}/draft"
        descriptor = _open(draft, _FLAGS, 0o600)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[_write(descriptor, rest) :]
        finally:
            _close(descriptor)
        _rename(draft, f"{self._folder}/{name}")
