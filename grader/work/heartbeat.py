"""Holds a claim while work on it goes on, and ends the work where the claim is lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event, Lock, Thread
from time import monotonic
from types import TracebackType
from typing import Literal, Self

import structlog

from grader.errors import LedgerError
from grader.ledger import claims
from grader.ledger.claims import Claim, Table
from grader.logs import where
from grader.work.desk import Desk

BEATS_PER_LEASE = 3
_LOOK_SECONDS = 0.1
"""How soon it is seen that the worker is to leave."""
_log = structlog.get_logger(__name__)


class Heartbeat:
    """A thread that renews a lease until the block ends.

    A database that cannot be reached is no reason to end: nobody else can claim the row either, and
    whether the lease still held decides when the result is written. A row that is not ours any more
    is: then `ended` is ``lost`` and the run is closed. So it is when the worker is to leave; the
    lease is then held on, for what is judged or written already.
    """

    def __init__(self, desk: Desk, table: Table, held: Claim) -> None:
        self._desk, self._table, self._held = desk, table, held
        self._over = Event()
        self._lock = Lock()
        self._close: Callable[[], None] | None = None
        self.ended: Literal["lost", "leaving"] | None = None
        """Why the work must end before it is done."""
        self._thread = Thread(
            target=copy_context().run, args=(self._beat,), name="heartbeat", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    @contextmanager
    def closing(self, close: Callable[[], None]) -> Iterator[None]:
        """Within the block, `close` is called once the work must end; at once where it must now."""
        with self._lock:
            self._close = close
            now = self.ended is not None
        if now:
            close()
        try:
            yield
        finally:
            with self._lock:
                self._close = None

    def _beat(self) -> None:
        every = self._desk.lease.total_seconds() / BEATS_PER_LEASE
        due = monotonic() + every
        while not self._over.wait(min(_LOOK_SECONDS, every)):
            if self.ended is None and self._desk.leaving.is_set():
                self._end("leaving")
            if monotonic() >= due:
                if not self._renewed():
                    self._end("lost")
                    return
                due = monotonic() + every

    def _renewed(self) -> bool:
        """Whether it is still ours, as far as can be known."""
        desk = self._desk
        try:
            with desk.ledger.write() as session:
                return claims.renew(session, self._table, self._held, desk.clock(), desk.lease)
        except LedgerError as error:
            _log.warning("lease_not_renewed", error=str(error))
        except Exception as error:  # noqa: BLE001 - a dead thread would lose the lease silently
            _log.error("lease_not_renewed", error=where(error))
        return True

    def _end(self, why: Literal["lost", "leaving"]) -> None:
        with self._lock:
            self.ended, close = why, self._close
        if close is not None:
            close()
