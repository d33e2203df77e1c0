"""The worker's report: that it lives, and how it is; a worker that is unwell takes nothing more."""

import os
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Any

import structlog

from grader.domain.service import Lane
from grader.errors import LedgerError
from grader.ledger import Ledger, workers
from grader.ledger.clock import Clock, utc_now
from grader.ledger.workers import Sign
from grader.logs import where
from grader.work.health import Health

EVERY_SECONDS = 20.0
FORK_SECONDS = 30.0
"""So long a fork waits for a report to end."""
_log = structlog.get_logger(__name__)


class Pulse:
    """A thread of a worker's first process.

    No slot is forked in the middle of a report: it would inherit a lock that nobody releases. Where
    a look at the worker's health hangs, forks go on after a while.
    """

    def __init__(
        self,
        ledger: Callable[[], Ledger],
        health: Health,
        sign: Callable[[Health], Sign],
        clock: Clock = utc_now,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        """Report nothing yet; `alive` is called after each report of a worker that is well."""
        self._make_ledger, self._health, self._sign, self._clock = ledger, health, sign, clock
        self._alive = alive
        self._ledger: Ledger | None = None
        self._consumer: Any = None
        self._paused = False
        self._over = Event()
        self._reporting = Lock()
        self._forking = False
        self._thread = Thread(target=self._run, name="pulse", daemon=True)

    def start(self, consumer: Any) -> None:
        """Begin to report; `consumer`: Celery's, which takes the messages."""
        self._consumer = consumer
        os.register_at_fork(
            before=self._before_fork,
            after_in_parent=self._after_fork,
            after_in_child=self._in_child,
        )
        self._thread.start()

    def stop(self) -> None:
        """Say that the worker has left, as it was asked to."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(EVERY_SECONDS)
        if self._ledger is None:
            return
        try:
            with self._ledger.write() as session:
                workers.leave(session, self._sign(self._health).name, self._clock())
        except LedgerError as error:
            _log.warning("not_reported", error=str(error))
        self._ledger.close()

    def beat(self) -> None:
        """Look and report once."""
        self._health.look()
        sign = self._sign(self._health)
        self._pause_or_resume(sign)
        if self._ledger is None:
            self._ledger = self._make_ledger()
        try:
            with self._ledger.write() as session:
                workers.report(session, sign, self._clock())
        except LedgerError as error:
            _log.warning("not_reported", error=str(error))
            return
        if sign.state == "ok":
            self._alive()

    def _before_fork(self) -> None:
        """Wait for a report to end, but for none that hangs: then slots are needed all the more."""
        self._forking = self._reporting.acquire(timeout=FORK_SECONDS)
        if not self._forking:
            _log.warning("forked_in_a_report", waited=FORK_SECONDS)

    def _after_fork(self) -> None:
        if self._forking:
            self._reporting.release()

    def _in_child(self) -> None:
        self._reporting = Lock()  # nobody reports here, and nobody would release that of the parent

    def _run(self) -> None:
        while not self._over.is_set():
            with self._reporting:
                try:
                    self.beat()
                except Exception as error:  # noqa: BLE001 - a silent worker would be taken for gone
                    _log.error("not_reported", error=where(error))
            self._over.wait(EVERY_SECONDS)

    def _pause_or_resume(self, sign: Sign) -> None:
        if self._health.failing == self._paused:
            return
        self._paused = self._health.failing
        steer = "cancel_task_queue" if self._paused else "add_task_queue"
        for lane in sign.lanes:
            self._consumer.call_soon(getattr(self._consumer, steer), lane)


def sign_of(name: str, lanes: tuple[Lane, ...], slots: int) -> Callable[[Health], Sign]:
    """What a worker says of itself."""
    return lambda health: Sign(
        name=name,
        lanes=lanes,
        slots=slots,
        state="failing" if health.failing else "ok",
        message=health.wrong,
    )
