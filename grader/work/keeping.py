"""Keeps what came out, exactly once: evidence first, then all rows in one transaction, or none.

The transaction is tried for as long as the database is gone. One whose answer was lost may have
been committed: so it first looks for its own report.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, TypeVar
from uuid import uuid4

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.domain.late import Lateness
from grader.domain.report import ScoreReport
from grader.errors import LedgerError, StoreError
from grader.ledger import alerts, claims, events, offerings
from grader.ledger.claims import Claim
from grader.ledger.work import Report, Run, Submission
from grader.scoring import late
from grader.store import Kept
from grader.work.desk import Desk

Result = TypeVar("Result")
FIRST_PAUSE, LAST_PAUSE = 0.2, 5.0
GONE_SECONDS = 3600.0
"""After so long without a database a result is given up: the notebook is graded again."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class NewRun:
    """Evidence that is to be kept.

    Attributes:
        work: its digest; see `grader.work.same`.
        seconds: wall time in the sandbox.
    """

    kept: Kept
    work: str
    seconds: float
    id: str = field(default_factory=lambda: uuid4().hex)


@dataclass(frozen=True)
class Judged:
    """What grading came to.

    Attributes:
        report: before anything is taken off for lateness.
        run: the new evidence, or the id of the stored run that answered.
    """

    report: ScoreReport
    run: NewRun | str
    id: str = field(default_factory=lambda: uuid4().hex)
    """The report's."""

    @property
    def run_id(self) -> str:
        """Of the run, new or not."""
        return self.run if isinstance(self.run, str) else self.run.id


def insist(desk: Desk, write: Callable[[Session], Result]) -> Result:
    """Write in one transaction; again and again while the database is gone.

    Raises:
        LedgerError: it was gone for too long, or the worker is to leave.
    """
    deadline, pause = monotonic() + GONE_SECONDS, FIRST_PAUSE
    while True:
        try:
            with desk.ledger.write() as session:
                return write(session)
        except LedgerError as error:
            if monotonic() > deadline or desk.leaving.wait(pause):
                raise
            _log.warning("write_again", error=str(error))
            pause = min(2 * pause, LAST_PAUSE)


def keep_report(desk: Desk, row: Submission, held: Claim, judged: Judged) -> bool:
    """Keep evidence and report of a submission; False: it was not ours any more, nothing is kept.

    Raises:
        StoreError: the evidence cannot be kept.
        LedgerError: see `insist`; whether the report is kept is not known, and does not matter.
    """
    _put(desk, judged)
    if insist(desk, lambda session: _report(session, desk, row, held, judged)):
        return True
    _drop(desk, judged)
    return False


def keep_run(
    desk: Desk, row: Submission, judged: Judged, then: Callable[[Session], Result]
) -> Result:
    """Keep the evidence alone, for the next one that judges it, and write `then` with it."""
    _put(desk, judged)

    def write(session: Session) -> Result:
        _run(session, row, judged, desk.clock())
        return then(session)

    return insist(desk, write)


def _put(desk: Desk, judged: Judged) -> None:
    if isinstance(judged.run, NewRun):
        desk.blobs.put_run(judged.run.id, judged.run.kept)


def _drop(desk: Desk, judged: Judged) -> None:
    if isinstance(judged.run, NewRun):
        try:
            desk.blobs.drop_run(judged.run.id)
        except StoreError as error:  # the sweep of orphans comes past
            _log.warning("orphan_left", run=judged.run.id, error=str(error))


def _report(session: Session, desk: Desk, row: Submission, held: Claim, judged: Judged) -> bool:
    if session.get(Report, judged.id) is not None:
        return True
    now, version = desk.clock(), judged.report.assignment_version
    before = session.scalar(
        select(Report.id).where(
            Report.submission_id == row.id, Report.assignment_version == version
        )
    )
    # The row first: on PostgreSQL whoever changes it makes the others wait, and lose.
    done = {"state": "graded", "reason": None, "message": ""}
    if not claims.finish(session, Submission, held, now, report_id=before, **done):
        return False
    if before is None:
        _run(session, row, judged, now)
        report = late.apply(judged.report, lateness(session, row))
        session.add(report_row(judged.id, row.id, judged.run_id, report, now))
        session.flush()
        session.get_one(Submission, row.id, populate_existing=True).report_id = judged.id
    if row.retries:
        alerts.resolve(session, "gave_up", row.id, now)
    events.append(session, row.id, "state", {"state": "graded"}, now)
    return True


def _run(session: Session, row: Submission, judged: Judged, now: datetime) -> None:
    run = judged.run
    if isinstance(run, str) or session.get(Run, run.id) is not None:
        return
    session.add(
        Run(
            id=run.id,
            work=run.work,
            assignment_id=row.assignment_id,
            assignment_version=judged.report.assignment_version,
            created_at=now,
            seconds=run.seconds,
        )
    )
    session.flush()


def lateness(session: Session, row: Submission) -> Lateness | None:
    """How late it came by the course's terms of today; what staff hand in to try is never late."""
    terms = offerings.offering(session, row.course_id, row.assignment_id)
    if not row.bound or terms.due_at is None or terms.late is None:
        return None
    return terms.late.lateness(terms.due_at, row.received_at)


def report_row(
    identity: str, submission_id: str, run_id: str, report: ScoreReport, now: datetime
) -> Report:
    """The row of a report."""
    return Report(
        id=identity,
        submission_id=submission_id,
        assignment_version=report.assignment_version,
        run_id=run_id,
        **report_values(report, now),
    )


def report_values(report: ScoreReport, now: datetime) -> Mapping[str, Any]:
    """The columns that hold a report's content."""
    return {
        "created_at": now,
        "status": report.status,
        "earned": report.earned,
        "possible": report.possible,
        "pending": report.pending,
        "body": report.model_dump_json(),
    }
