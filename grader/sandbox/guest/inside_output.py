"""Keeps what cells print within bounds at its source, before it fills memory and sockets."""

import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from ipykernel.iostream import OutStream

_TAIL = 32 * 1024
_RELEASE_SECONDS = 0.5
_clock = time.monotonic
_exact = str.__str__

Write = Callable[[OutStream, str], int | None]


class Tap:
    """Lets a cell print its cap; of what follows, the last lines twice a second.

    So a flood costs next to nothing, and the guest still sees how it ends.
    """

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._left = cap
        self._tail = ""
        self._stream: OutStream | None = None
        self._released = 0.0
        self._write: Write = OutStream.write
        self._covered = True

    def install(self) -> None:
        """Put the tap into every stream of the kernel."""
        tap = self

        def write(stream: OutStream, string: str) -> int | None:
            if not issubclass(type(string), str):
                return tap._write(stream, string)  # raises the usual TypeError
            return tap.pour(stream, _exact(string))

        OutStream.write = write

    def pour(self, stream: OutStream, text: str) -> int:
        """Write text to a stream, as far as the cell's cap allows."""
        size = len(text)
        now, later = text[: max(self._left, 0)], text[max(self._left, 0) :]
        self._left -= size
        if now:
            self._write(stream, now)
        if later:
            self._stream = stream
            self._tail = (self._tail + later[-_TAIL:])[-_TAIL:]
            if _clock() - self._released > _RELEASE_SECONDS:
                self.release()
        return size

    def release(self) -> None:
        """Write the last lines that were held back."""
        self._released = _clock()
        if self._stream is not None and self._tail:
            self._write(self._stream, self._tail)
        self._tail = ""

    def next_cell(self) -> None:
        """Give the next cell its own cap."""
        if self._covered:
            self._uncover()
        self._left = self._cap
        self._tail = ""
        self._stream = None

    def _uncover(self) -> None:
        """Take away what hides us, once.

        IPython's tee around the request that loaded us has put each stream's own ``write`` back, on
        the stream itself.
        """
        self._covered = False
        for stream in (sys.stdout, sys.stderr):
            if type(stream) is OutStream:
                vars(stream).pop("write", None)


def keep_no_copies(shell: Any) -> None:
    """Let IPython (9 and later) not keep whatever is printed for its history: nobody reads it."""
    shell._tee = lambda *_, **__: nullcontext()  # noqa: SLF001 - it has no switch


def publish_nothing_rich(shell: Any) -> None:
    """Drop images, widgets' displays and results at their source: nobody reads them."""
    shell.display_pub.register_hook(lambda _: None)
    shell.displayhook.register_hook(lambda _: None)
