"""Works on a row that was claimed, and sees to it that the row has an end whatever happens."""

from collections.abc import Callable

import structlog
from sqlalchemy.orm import Session

from grader.errors import LedgerError, QueueError
from grader.ledger import claims, events, failures
from grader.ledger.claims import Claim, Table
from grader.ledger.failures import Failure, Fault, Unsent
from grader.ledger.work import Submission
from grader.work import failing
from grader.work.desk import Desk, Looked
from grader.work.heartbeat import Heartbeat
from grader.work.keeping import insist

_log = structlog.get_logger(__name__)


def hold(desk: Desk, table: Table, held: Claim, work: Callable[[Heartbeat], Looked]) -> Looked:
    """Do the work while the lease is renewed; a failure of ours is counted, never raised.

    Raises:
        LedgerError: nothing could be written about it: the lease runs out, and upkeep sees to it.
    """
    with Heartbeat(desk, table, held) as beat:
        try:
            return work(beat)
        except Exception as error:  # noqa: BLE001 - whatever it was, the row must not be forgotten
            if beat.ended == "lost":
                _log.info("lost")
                return Looked("lost", held.id)
            if beat.ended == "leaving":
                return _give_back(desk, table, held)
            return fail(desk, table, held, failing.fault_of(error))


def fail(desk: Desk, table: Table, held: Claim, fault: Fault) -> Looked:
    """Count a failure of ours. Raises LedgerError."""
    failing.log(fault)
    failure = insist(desk, lambda session: failures.fail(session, table, held, desk.clock(), fault))
    return failed(held, failure, fault)


def failed(held: Claim, failure: Failure | None, fault: Fault) -> Looked:
    """What a failure of ours came to; None: it was not ours any more."""
    if failure is None:
        return Looked("lost", held.id)
    return Looked("failed", held.id, fault.reason)


def _give_back(desk: Desk, table: Table, held: Claim) -> Looked:
    def write(session: Session) -> Unsent | None:
        row = session.get_one(table, held.id)
        if not claims.give_back(session, table, held):
            return None
        if not isinstance(row, Submission):
            return Unsent(held.id, "regrade")
        told = {"state": "queued", "lane": row.lane}
        events.append(session, row.id, "state", told, desk.clock())
        return Unsent(held.id, row.lane)

    waits = insist(desk, write)
    if waits is None:
        return Looked("lost", held.id)
    announce(desk, waits)
    _log.info("given_back")
    return Looked("given_back", held.id)


def announce(desk: Desk, waits: Unsent) -> None:
    """Send a message for a row, once; what cannot be sent now is sent by upkeep."""
    try:
        desk.queue.look(waits.lane, waits.id)
        with desk.ledger.write() as session:
            failures.sent(session, waits, desk.clock())
    except (QueueError, LedgerError) as error:
        _log.info("not_announced", error=str(error))
