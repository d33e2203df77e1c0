"""The whole path: a notebook goes in, a score report comes out.

bytes -> Submission -> Sandbox.run -> Evidence -> checks -> ScoreReport

Where a second run can still change the score, the notebook runs once more before that; see
`grader.running.run_again`.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from grader import notebook, scoring, store
from grader.domain.assignment import Assignment
from grader.domain.check import Case, Lab, Questions
from grader.domain.evidence import Evidence
from grader.domain.hidden import Hidden
from grader.domain.job import JobCell, JobSpec, Record
from grader.domain.limits import Limits
from grader.domain.report import ProblemReport, ScoreReport
from grader.domain.submission import Submission
from grader.errors import StoreError
from grader.evidence import Collector
from grader.live import LiveJudge
from grader.running import Bench, Inside, run, run_again
from grader.store import StoredRun


class Observer(Protocol):
    """Hears what happens while a notebook is graded."""

    def on_submission(self, submission: Submission) -> None:
        """The notebook was read."""

    def on_record(self, record: Record) -> None:
        """The guest wrote a record."""

    def on_problem(self, problem: ProblemReport) -> None:
        """A problem was judged on the evidence so far; called from another thread."""


@dataclass(frozen=True)
class Graded:
    """What grading yields: the report, and what a regrade needs."""

    submission: Submission
    hidden: Hidden
    limits: Limits
    evidence: Evidence
    report: ScoreReport


def read(assignment: Assignment, data: bytes, name: str) -> Submission:
    """Read a notebook. Raises SubmissionError."""
    return notebook.parse(
        data,
        name,
        questions=scoring.written(assignment),
        release=assignment.release.read_bytes() if assignment.release else None,
        shortcuts=assignment.shortcuts,
    )


def grade(
    assignment: Assignment, submission: Submission, bench: Bench, observer: Observer | None = None
) -> Graded:
    """Run a submission and judge what it yields; with an observer, judge while it runs as well.

    Raises:
        SandboxError: our fault; nothing is known about the submission.
    """
    hidden = Hidden.of(bench.secret, submission.sha256)
    asked = scoring.questions(assignment, hidden)
    inside = Inside(_spec(submission, asked, hidden, bench.limits), asked, assignment.files)
    hear = observer.on_record if observer else _ignore
    if observer is None:
        evidence = run(inside, bench, Collector(inside.spec))
    else:
        observer.on_submission(submission)
        with LiveJudge(assignment, submission, hidden, bench.lab, observer.on_problem) as judge:
            evidence = run(inside, bench, Collector(inside.spec, hear, judge.hear))
    case = Case(submission, evidence, hidden, bench.lab)
    again = scoring.retrainings(assignment, case) if bench.second_run else ()
    case = replace(case, evidence=run_again(evidence, inside, again, bench, hear))
    report = scoring.score(assignment, case, bench.limits)
    return Graded(submission, hidden, bench.limits, case.evidence, report)


def _ignore(_: Record) -> None:
    """Nobody watches."""


def _spec(submission: Submission, asked: Questions, hidden: Hidden, limits: Limits) -> JobSpec:
    code = (cell for cell in submission.cells if cell.kind == "code")
    return JobSpec(
        cells=tuple(JobCell(index=cell.index, source=cell.source) for cell in code),
        probes=asked.probes,
        limits=limits,
        seed=int(hidden.rng("guest").integers(2**32)),
    )


def regrade(assignment: Assignment, run: StoredRun, lab: Lab) -> ScoreReport:
    """Judge stored evidence under today's assignment; runs nothing.

    Answers to questions that were changed since the run are dropped: then the report is
    ``not_graded``, and the notebook must be run again.

    Raises:
        StoreError: the run is one of another assignment.
        SubmissionError: the stored notebook cannot be read.
    """
    if run.assignment != assignment.id:
        raise StoreError(
            f"{run.name}: found a run of the assignment {run.assignment!r}, "
            f"expected one of {assignment.id!r}"
        )
    submission = read(assignment, run.notebook, run.name)
    now = store.digests(scoring.questions(assignment, run.hidden))
    valid = store.still_valid(run.evidence, run.asked, now)
    case = Case(submission, valid.evidence, run.hidden, lab)
    report = scoring.score(assignment, case, run.limits)
    return report.model_copy(update={"status": "not_graded"}) if valid.changed else report


def stored(assignment: Assignment, data: bytes, graded: Graded) -> StoredRun:
    """What to keep of a graded notebook, so that a regrade runs nothing."""
    return StoredRun(
        notebook=data,
        name=graded.submission.name,
        assignment=assignment.id,
        assignment_version=assignment.version,
        sha256=graded.submission.sha256,
        hidden=graded.hidden,
        limits=graded.limits,
        asked=store.digests(scoring.questions(assignment, graded.hidden)),
        evidence=graded.evidence,
    )
