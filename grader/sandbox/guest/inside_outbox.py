"""Writes answers where the guest finds them: one file each, complete when it appears."""

import os
from collections.abc import Mapping
from contextlib import suppress
from struct import pack

from inside_values import NotAnArrayError, signed, size_of
from numpy import asarray, ndarray
from safetensors.numpy import save
from shared_text import encode, short

_open, _write, _close, _rename, _unlink = os.open, os.write, os.close, os.rename, os.unlink
_exists = os.path.exists
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
_SLACK = 64 * 1024
_MAX_ARRAYS = 4096
_MAX_DIMS = 8
_RESERVE = 4 * 1024 * 1024
"""Bytes kept for the moment when the notebook has filled the disk: the weights of a small model."""

Answer = Mapping[str, object]
Tensors = Mapping[str, ndarray]


class Outbox:
    """The kernel's side of the guest's mailbox."""

    def __init__(self, folder: str, answer_bytes: int) -> None:
        self._folder = folder
        self.cap = answer_bytes - _SLACK
        """Bytes that the arrays of one answer may have."""
        self._next = 0
        self._reserve()

    def asking(self, probe: str) -> None:
        """Note which probe is at work, should it take the kernel down."""
        with suppress(OSError):  # a full disk
            self._put("current", probe.encode("utf-8", "replace"))

    def send(self, answer: Answer, tensors: Tensors) -> None:
        """Hand over an answer; arrays that nobody would read make it an `Unanswered`.

        So does a full disk. Raises OSError where not even that finds room.
        """
        try:
            tensors = {key: signed(tensor) for key, tensor in tensors.items()}
        except NotAnArrayError as error:
            message = f"it holds numbers of type {error}, expected bool, int or float"
            answer, tensors = _instead(answer, "wrong_type", message), {}
        if fault := self._too_large(tensors):
            answer, tensors = _instead(answer, "too_large", fault), {}
        try:
            self._letter(answer, tensors)
        except OSError:
            self._squeeze(answer, tensors)
        self._reserve()

    def _squeeze(self, answer: Answer, tensors: Tensors) -> None:
        """Use the reserve; what does not fit there either is said to be too large."""
        with suppress(OSError):
            _unlink(f"{self._folder}/reserve")
        try:
            self._letter(answer, tensors)
        except OSError as error:
            message = f"the disk is full, so it could not be handed over: {error.strerror}"
            self._letter(_instead(answer, "too_large", message), {})

    def _too_large(self, tensors: Tensors) -> str | None:
        if size_of(tensors) > self.cap:
            return f"its arrays have {size_of(tensors)} bytes, at most {self.cap} are read"
        if len(tensors) > _MAX_ARRAYS:
            return f"it has {len(tensors)} arrays, at most {_MAX_ARRAYS} are read"
        if any(tensor.ndim > _MAX_DIMS for tensor in tensors.values()):
            return f"an array of it has more than {_MAX_DIMS} dimensions"
        return None

    def _letter(self, answer: Answer, tensors: Tensors) -> None:
        payload = save({k: asarray(v, order="C") for k, v in tensors.items()}) if tensors else b""
        header = encode({"type": "answer", "answer": answer})
        self._put(f"{self._next:06d}", pack(">II", len(header), len(payload)) + header + payload)
        self._next += 1

    def _reserve(self) -> None:
        """Take the room again that a refusal may need, as far as there is any."""
        with suppress(OSError):
            if not _exists(f"{self._folder}/reserve"):
                self._put("reserve", bytes(_RESERVE))

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


def _instead(answer: Answer, reason: str, message: str) -> Answer:
    keep = {key: answer[key] for key in ("probe", "cell", "seconds")}
    said = {"kind": "unanswered", "reason": reason, "message": short(message)}
    return {**keep, **said, "found": answer.get("found")}
