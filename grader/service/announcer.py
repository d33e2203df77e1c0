"""Tells the workers what came in, behind the answers: no client waits for the broker."""

from collections.abc import Iterable
from queue import Empty, Queue
from threading import Thread
from time import monotonic

import structlog

from grader.errors import LedgerError, QueueError
from grader.ledger import failures
from grader.ledger.failures import Unsent
from grader.queue import JobQueue
from grader.service.adapters import Adapters

PAUSE_SECONDS = 5.0
"""A broker that was gone is left alone for so long: the rows stand, and upkeep sends them."""
_BATCH = 100
_log = structlog.get_logger()


class Announcer:
    """One thread that sends messages and then notes that they were sent.

    What it cannot send it forgets: a row without `sent_at` is sent by upkeep.
    """

    def __init__(self, adapters: Adapters) -> None:
        self._adapters = adapters
        self._waiting: Queue[Unsent | None] = Queue()
        self._quiet_until = 0.0
        self._thread = Thread(target=self._run, name="announcer", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def announce(self, works: Iterable[Unsent]) -> None:
        """Send a message for each of them soon; their rows are committed."""
        for work in works:
            self._waiting.put(work)

    def close(self) -> None:
        """Send what waits, and end."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            works = [first]
            ends = False
            while len(works) < _BATCH and not ends:
                try:
                    more = self._waiting.get_nowait()
                except Empty:
                    break
                ends = more is None
                if more is not None:
                    works.append(more)
            self._send(works)
            if ends:
                return

    def _send(self, works: list[Unsent]) -> None:
        if monotonic() < self._quiet_until:
            return
        sent = list(self._sent(self._adapters.queue, works))
        try:
            with self._adapters.ledger.write() as session:
                failures.all_sent(session, sent, self._adapters.clock())
        except LedgerError as error:
            _log.warning("sent_not_noted", count=len(sent), error=str(error))

    def _sent(self, queue: JobQueue, works: list[Unsent]) -> Iterable[Unsent]:
        for work in works:
            try:
                queue.look(work.lane, work.id)
            except QueueError as error:
                self._quiet_until = monotonic() + PAUSE_SECONDS
                _log.warning("broker_unavailable", submission=work.id, error=str(error))
                return
            yield work
