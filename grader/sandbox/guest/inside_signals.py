"""Interrupts while we examine: ours end a probe, and are never mistaken for the student's own."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_signal = signal.signal


class Interrupted(BaseException):
    """The guest interrupted the probe: its time was up."""


class Interrupts:
    """Turns SIGINT into `Interrupted`, but only where a probe is at work."""

    def __init__(self) -> None:
        self._armed = False
        self.came = False
        """Whether the present probe was interrupted, even if student code swallowed it."""

    def _handle(self, *_: object) -> None:
        if self._armed:
            self.came = True
            raise Interrupted

    @contextmanager
    def caught(self) -> Iterator[None]:
        """For a whole request: SIGINT reaches nobody but us."""
        before = _signal(signal.SIGINT, self._handle)
        try:
            yield
        finally:
            _signal(signal.SIGINT, before)

    @contextmanager
    def armed(self) -> Iterator[None]:
        """For one probe: SIGINT raises `Interrupted`."""
        self.came = False
        self._armed = True
        try:
            yield
        finally:
            self._armed = False
