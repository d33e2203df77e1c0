"""What must be done now and then: take back leases, send messages again, drop what is old.

Several may do so at once: each step is a compare-and-set, or finds nothing to do.
"""

from datetime import datetime, timedelta
from time import sleep

import structlog
from sqlalchemy import CursorResult, Delete, delete, select
from sqlalchemy.orm import Session

from grader.domain.service import LANES, Lane
from grader.errors import LedgerError
from grader.ledger import Ledger, alerts, claims, failures, lanes, workers
from grader.ledger.clock import Clock, utc_now
from grader.ledger.slots import slots_of
from grader.ledger.work import Event, RegradeItem, Run, Submission
from grader.queue import JobQueue
from grader.store import Blobs
from grader.work.patience import Patience

EVENTS_KEPT = timedelta(days=1)
ORPHANS_KEPT = timedelta(days=1)
"""Evidence without a row may belong to a worker that has yet to write it."""
WORKERS_KEPT = timedelta(days=1)
ALERTS_KEPT = timedelta(days=90)
"""After they were over."""
MOST = 1_000
"""Messages that are sent again at once, of one lane."""
UNSERVED_SECONDS = 120.0
"""After so long without a worker for a lane in which something waits, staff are alerted."""
EVENTS_AT_ONCE = 5_000
"""Deleted in one transaction, in some 30 ms."""
_PAUSE_SECONDS = 0.1
"""Between two of them: who waits for SQLite's lock looks after it so often."""
_BATCH = 500
_log = structlog.get_logger(__name__)


class Upkeep:
    """Keeps a service going; made once for a process."""

    def __init__(
        self,
        ledger: Ledger,
        queue: JobQueue,
        blobs: Blobs,
        lease: timedelta,
        clock: Clock = utc_now,
    ) -> None:
        self._ledger, self._queue, self._blobs = ledger, queue, blobs
        self._clock = clock
        self._lease = lease
        self._patience = Patience(lease)

    def tend(self) -> None:
        """Every few seconds: nothing that was accepted is forgotten.

        Raises:
            LedgerError: the database is gone; leases are not taken back for a while afterwards.
            QueueError: the broker is gone.
        """
        now = self._clock()
        try:
            with self._ledger.write() as session:
                if self._patience.reached(now):
                    _take_back(session, now, claims.FAR * self._lease)
            try:
                with self._ledger.write() as session:
                    _watch(session, now)
            finally:  # whatever is wrong with an alert, no submission waits for it
                self._send_again(now)
        except LedgerError:
            self._patience.missed()
            raise

    def sweep(self) -> None:
        """Every hour: drop what nobody will ask for. Raises LedgerError, StoreError."""
        now = self._clock()
        with self._ledger.write() as session:
            workers.forget(session, now - WORKERS_KEPT)
            alerts.forget(session, now - ALERTS_KEPT)
        self._drop_events(now - EVENTS_KEPT)
        self._drop_orphans(now - ORPHANS_KEPT)
        self._blobs.drop_drafts(now - ORPHANS_KEPT)

    def _send_again(self, now: datetime) -> None:
        """As many messages as rows wait in a lane, no more: any message serves any row."""
        with self._ledger.read() as session:
            waiting = failures.waiting(session)
        for lane, rows in waiting.items():
            missing = min(rows - self._queue.waiting(lane), MOST) if rows else 0
            if missing > 0:
                self._send(lane, missing, now)

    def _send(self, lane: Lane, most: int, now: datetime) -> None:
        with self._ledger.read() as session:
            silent = failures.unsent(session, lane, most)
        sent = []
        try:
            for work in silent:
                self._queue.look(work.lane, work.id)
                sent.append(work)
        finally:
            with self._ledger.write() as session:
                failures.all_sent(session, sent, now)
            if sent:
                _log.info("sent_again", lane=lane, count=len(sent))

    def _drop_events(self, before: datetime) -> None:
        """A part at a time: on SQLite all uploads and heartbeats wait for each."""
        oldest = select(Event.id).where(Event.at < before).limit(EVENTS_AT_ONCE)
        while self._dropped(delete(Event).where(Event.id.in_(oldest))) == EVENTS_AT_ONCE:
            sleep(_PAUSE_SECONDS)

    def _dropped(self, statement: Delete) -> int:
        with self._ledger.write() as session:
            result = session.execute(statement)
        assert isinstance(result, CursorResult)
        return result.rowcount

    def _drop_orphans(self, before: datetime) -> None:
        """Evidence whose transaction never came: its worker died between the two."""
        old = list(self._blobs.runs_before(before))
        for start in range(0, len(old), _BATCH):
            batch = old[start : start + _BATCH]
            with self._ledger.read() as session:
                known = set(session.scalars(select(Run.id).where(Run.id.in_(batch))))
            for identity in batch:
                if identity not in known:
                    self._blobs.drop_run(identity)
                    _log.info("orphan_dropped", run=identity)


def _take_back(session: Session, now: datetime, longest: timedelta) -> None:
    for table in (Submission, RegradeItem):
        for failure in failures.expire(session, table, now, longest):
            _log.warning(
                "lease_ran_out", work=failure.id, worker=failure.worker, given_up=failure.given_up
            )


def _watch(session: Session, now: datetime) -> None:
    """Alert staff of workers that are gone, and of lanes that nobody serves.

    What waits for a GPU that is only preferred does not wait for staff where CPUs are served.
    """
    for name in workers.missing(session, now):
        _log.error("worker_gone", worker=name)
    for lane in LANES:
        since = failures.oldest(session, lane)
        late = since is not None and (now - since).total_seconds() > UNSERVED_SECONDS
        if late and not slots_of(session, lane, now):
            if lane == "gpu" and slots_of(session, "cpu", now):
                moved = lanes.leave_gpu(session, now)
                _log.warning("moved_to_cpu", count=len(moved))
            message = f"since {since:%Y-%m-%d %H:%M:%S} UTC work waits there: start a worker for it"
            alerts.sound(session, "lane_unserved", lane, message, now)
        else:
            alerts.resolve(session, "lane_unserved", lane, now)
