"""Moves a run's bytes: results to the receiver under a cap, the tail of the rest is kept."""

import os
import selectors
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from grader.domain.run import Stopped
from grader.sandbox.interface import Receive, Refused

CHUNK = 64 * 1024
STDERR_KEPT = 16 * 1024
STATUS_KEPT = 4 * 1024
LOOK_SECONDS = 0.5
DRAIN_SECONDS = 5.0
"""How long the pipes may stay open once every process is dead."""


@dataclass
class Tail:
    """The last bytes of a stream."""

    size: int
    _chunks: deque[bytes] = field(default_factory=deque)
    _held: int = 0

    def add(self, chunk: bytes) -> None:
        """Take a chunk; forget the oldest ones that are not needed any more."""
        self._chunks.append(chunk)
        self._held += len(chunk)
        while self._held - len(self._chunks[0]) >= self.size:
            self._held -= len(self._chunks.popleft())

    def bytes(self) -> bytes:
        """What is kept."""
        return b"".join(self._chunks)[-self.size :]


@dataclass(frozen=True)
class Streams:
    """Descriptors to read, and one that becomes readable when the process has ended.

    Attributes:
        status: None: the process tells its own status nowhere.
    """

    results: int
    stderr: int
    status: int | None
    ended: int


class Pump:
    """Reads one run's streams to their ends. `end` must kill every process of the run.

    `look` is asked now and then whether the run must end now, and why.
    """

    def __init__(  # noqa: PLR0917 - what is read, to where, until when, and what ends it
        self,
        streams: Streams,
        receive: Receive,
        cap: int,
        deadline: float,
        end: Callable[[], None],
        look: Callable[[], Stopped | None] = lambda: None,
    ) -> None:
        self.stderr, self.status = Tail(STDERR_KEPT), Tail(STATUS_KEPT)
        self.received = 0
        self.halted: Stopped | None = None
        self._receive, self._cap, self._end, self._look = receive, cap, end, look
        self._deadline, self._killed = deadline, False
        self._selector = selectors.DefaultSelector()
        for descriptor, take in (
            (streams.results, self._results),
            (streams.stderr, self.stderr.add),
            (streams.status, self.status.add),
        ):
            if descriptor is not None:
                self._selector.register(descriptor, selectors.EVENT_READ, take)
        self._selector.register(streams.ended, selectors.EVENT_READ, None)

    def run(self) -> None:
        """Return when the process has ended and its streams are at their ends.

        Whatever the receiver raises, other than `Refused`, passes through.
        """
        with self._selector:
            while self._selector.get_map():
                left = max(0.0, self._deadline - time.monotonic())
                for key, _ in self._selector.select(min(left, LOOK_SECONDS)):
                    self._serve(key)
                if (reason := self._look()) is not None:
                    self._halt(reason)
                if time.monotonic() >= self._deadline and not self._late():
                    return

    def _serve(self, key: selectors.SelectorKey) -> None:
        if key.data is None:
            self._selector.unregister(key.fd)
            self._kill()
            return
        chunk = os.read(key.fd, CHUNK)
        if chunk:
            key.data(chunk)
        else:
            self._selector.unregister(key.fd)

    def _late(self) -> bool:
        """The time is up: kill once and read what is left; False: that took too long as well."""
        if self._killed:
            return False
        self._halt(Stopped(reason="wall_time", message="the run did not end when its time was up"))
        return True

    def _results(self, chunk: bytes) -> None:
        if self.halted is not None:
            return
        self.received += len(chunk)
        if self.received > self._cap:
            found = f"more than {self._cap} bytes of results came"
            self._halt(Stopped(reason="evidence_too_large", message=found))
            return
        try:
            self._receive(chunk)
        except Refused as refused:
            self._halt(Stopped(reason=refused.reason, message=str(refused)))

    def _halt(self, stopped: Stopped) -> None:
        self.halted = self.halted or stopped
        self._kill()

    def _kill(self) -> None:
        if not self._killed:
            self._killed = True
            self._deadline = time.monotonic() + DRAIN_SECONDS
            self._end()
