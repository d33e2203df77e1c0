"""One look at a lane: the row whose turn it is, from its claim to its end."""

from dataclasses import dataclass

from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from grader import pipeline
from grader.domain.assignment import Assignment
from grader.domain.check import DictMemo
from grader.domain.service import Lane
from grader.domain.submission import Submission as Notebook
from grader.errors import SubmissionError
from grader.ledger import claims, events, failures
from grader.ledger.claims import Claim
from grader.ledger.failures import Unsent
from grader.ledger.work import Submission
from grader.store import Kept
from grader.work import failing, regrading, same
from grader.work.desk import Desk, Looked
from grader.work.failing import CheckBrokeError
from grader.work.heartbeat import Heartbeat
from grader.work.holding import announce, failed, hold
from grader.work.keeping import Judged, NewRun, insist, keep_report, keep_run
from grader.work.telling import Teller


def look(desk: Desk, lane: Lane, work: str) -> Looked:
    """Take the row whose turn it is in the lane, and bring it to an end.

    Args:
        desk: where; one look at a time.
        lane: whose message came.
        work: the row that the message was sent for; whichever's turn it is is taken.

    Raises:
        LedgerError: the database is gone; what waits keeps waiting.
    """
    if desk.leaving.is_set():
        announce(desk, Unsent(work, lane))
        return Looked("leaving")
    if lane == "regrade":
        return regrading.look(desk)
    taken = _claim(desk, lane)
    if taken is None:
        return Looked("nothing")
    row, held = taken
    with bound_contextvars(submission=row.id):
        return hold(desk, Submission, held, lambda beat: _grade(desk, row, held, beat))


def _claim(desk: Desk, lane: Lane) -> tuple[Submission, Claim] | None:
    with desk.ledger.write() as session:
        now = desk.clock()
        held = claims.claim(session, lane, desk.claimant, now)
        if held is None:
            return None
        events.append(session, held.id, "state", {"state": "running"}, now)
        return session.get_one(Submission, held.id), held


def _grade(desk: Desk, row: Submission, held: Claim, beat: Heartbeat) -> Looked:
    try:
        judged = _judge(desk, row, held, beat)
    except SubmissionError as error:
        return _refuse(desk, row, held, error)
    if judged.report.status == "not_graded":
        return _broke(desk, row, held, judged)
    kept = keep_report(desk, row, held, judged)
    return Looked("graded" if kept else "lost", row.id)


@dataclass(frozen=True)
class _Work:
    """A notebook that was read.

    Attributes:
        digest: of all that its run depends on.
    """

    assignment: Assignment
    data: bytes
    notebook: Notebook
    digest: str


def _judge(desk: Desk, row: Submission, held: Claim, beat: Heartbeat) -> Judged:
    """Run the notebook, or judge it on the run of another one with the same code."""
    work = _read(desk, row)
    found = same.find(desk, work.assignment, work.digest)
    if found is None:
        return _run(desk, held, beat, work)
    lab = desk.benches.equipment.lab(DictMemo(found.kept.memo))
    run = same.judged_as(found.kept.run, work.data, work.notebook)
    return Judged(pipeline.regrade(work.assignment, run, lab), found.id)


def _read(desk: Desk, row: Submission) -> _Work:
    assignment = desk.assignment(row.assignment_id)
    data = desk.notebook(row.sha256)
    notebook = pipeline.read(assignment, data, row.name)
    fingerprint = desk.benches.equipment.fingerprint(assignment)
    digest = same.work_digest(notebook, assignment, fingerprint)
    return _Work(assignment, data, notebook, digest)


def _run(desk: Desk, held: Claim, beat: Heartbeat, work: _Work) -> Judged:
    memo = DictMemo()
    bench = desk.benches.of(work.assignment, memo)
    with beat.closing(desk.benches.close), Teller(desk, held) as teller:
        graded = pipeline.grade(work.assignment, work.notebook, bench, teller)
    kept = Kept(pipeline.stored(work.assignment, work.data, graded), memo.values)
    return Judged(graded.report, NewRun(kept, work.digest, graded.evidence.facts.seconds))


def _refuse(desk: Desk, row: Submission, held: Claim, error: SubmissionError) -> Looked:
    """The student's notebook cannot be read: nothing ran, and no attempt is spent."""

    def write(session: Session) -> bool:
        now = desk.clock()
        why = {"state": "not_graded", "reason": error.code}
        ended = claims.finish(
            session, Submission, held, now, counts=False, message=str(error), **why
        )
        if ended:
            events.append(session, row.id, "state", why, now)
        return ended

    return Looked("refused" if insist(desk, write) else "lost", row.id)


def _broke(desk: Desk, row: Submission, held: Claim, judged: Judged) -> Looked:
    """A check of ours broke, on evidence that is kept: the next try judges it and runs nothing."""
    broken = [
        check.id
        for problem in judged.report.problems
        for check in problem.checks
        if check.status == "check_broke"
    ]
    error = CheckBrokeError(f"{', '.join(broken)}, on the evidence of run {judged.run_id}")
    fault = failing.fault_of(error)
    failing.log(fault)
    failure = keep_run(
        desk,
        row,
        judged,
        lambda session: failures.fail(session, Submission, held, desk.clock(), fault),
    )
    return failed(held, failure, fault)
