"""One item of a regrade: stored evidence judged by today's assignment; nothing runs.

Where it is to be applied, the new report holds from then on. One of the same version replaces that
version's report: staff have asked for it, be it for a new rubric or for another due time.
"""

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from grader import pipeline
from grader.domain.check import DictMemo
from grader.domain.report import ScoreReport
from grader.errors import SubmissionError
from grader.ledger import alerts, claims
from grader.ledger.claims import Claim, changed
from grader.ledger.work import Regrade, RegradeItem, Report, Submission
from grader.scoring import late
from grader.work import same
from grader.work.desk import Desk, Looked
from grader.work.holding import hold
from grader.work.keeping import insist, lateness, report_row, report_values


@dataclass(frozen=True)
class _Item:
    """What is judged again.

    Attributes:
        run_id: of the report that holds.
        apply: whether the new report is to hold.
    """

    held: Claim
    submission: Submission
    report_id: str
    run_id: str
    apply: bool


def look(desk: Desk) -> Looked:
    """Take the oldest item, and bring it to an end. Raises LedgerError."""
    with desk.ledger.write() as session:
        held = claims.claim_regrade(session, desk.claimant, desk.clock())
        item = None if held is None else _item(session, held)
    if held is None:
        return Looked("nothing")
    with bound_contextvars(item=held.id):
        return hold(desk, RegradeItem, held, lambda _: _regrade(desk, held, item))


def _item(session: Session, held: Claim) -> _Item | None:
    """None: its submission has no report any more, as one that is graded anew."""
    row = session.get_one(RegradeItem, held.id)
    submission = session.get_one(Submission, row.submission_id)
    report = session.get(Report, submission.report_id) if submission.report_id else None
    if report is None:
        return None
    regrade = session.get_one(Regrade, row.regrade_id)
    return _Item(held, submission, report.id, report.run_id, regrade.apply)


def _regrade(desk: Desk, held: Claim, item: _Item | None) -> Looked:
    if item is None:
        return _refuse(desk, held, "no_report", "the submission has no report any more")
    try:
        report = _judge(desk, item)
    except SubmissionError as error:
        return _refuse(desk, held, error.code, str(error))
    if report.status == "not_graded":
        broken = any(problem.status == "check_broke" for problem in report.problems)
        if broken:
            return _refuse(desk, held, "check_broke", "a check of the assignment broke")
        return _refuse(
            desk, held, "asked_differently", "the assignment asks other questions: run it again"
        )
    done = insist(desk, lambda session: _finish(session, desk, item, report))
    return Looked("graded" if done else "lost", held.id)


def _judge(desk: Desk, item: _Item) -> ScoreReport:
    submission = item.submission
    assignment = desk.assignment(submission.assignment_id)
    kept = desk.blobs.run(item.run_id)
    data = desk.notebook(submission.sha256)
    notebook = pipeline.read(assignment, data, submission.name)
    run = same.judged_as(kept.run, data, notebook)
    return pipeline.regrade(assignment, run, desk.benches.equipment.lab(DictMemo(kept.memo)))


def _finish(session: Session, desk: Desk, item: _Item, judged: ScoreReport) -> bool:
    now = desk.clock()
    report = late.apply(judged, lateness(session, item.submission))
    done = {"state": "graded", "after": report.earned, "reason": None}
    if not claims.finish(session, RegradeItem, item.held, now, message="", **done):
        return False
    alerts.resolve(session, "gave_up", item.submission.id, now)
    if item.apply:
        _apply(session, desk, item, report)
    return True


def _apply(session: Session, desk: Desk, item: _Item, report: ScoreReport) -> None:
    """Let the new report hold, unless another one came to hold meanwhile."""
    identity, now = item.submission.id, desk.clock()
    of_version = (
        Report.submission_id == identity,
        Report.assignment_version == report.assignment_version,
    )
    new = session.scalar(select(Report.id).where(*of_version))
    if new is None:
        new = uuid4().hex
        session.add(report_row(new, identity, item.run_id, report, now))
        session.flush()
    else:
        values = {**report_values(report, now), "run_id": item.run_id}
        session.execute(update(Report).where(Report.id == new).values(**values))
    still = (Submission.id == identity, Submission.report_id == item.report_id)
    changed(session, update(Submission).where(*still).values(report_id=new))


def _refuse(desk: Desk, held: Claim, reason: str, message: str) -> Looked:
    """It cannot be judged again, and what holds keeps holding."""

    def write(session: Session) -> bool:
        why = {"state": "not_graded", "reason": reason, "message": message}
        return claims.finish(session, RegradeItem, held, desk.clock(), **why)

    return Looked("refused" if insist(desk, write) else "lost", held.id)
