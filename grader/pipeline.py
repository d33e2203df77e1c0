"""The whole path: a notebook goes in, a score report comes out.

bytes -> Submission -> Sandbox.run -> Evidence -> checks -> ScoreReport
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from grader import notebook, sandbox, scoring, store
from grader.domain.assignment import Assignment
from grader.domain.check import Lab, Questions
from grader.domain.evidence import Evidence
from grader.domain.hidden import Hidden
from grader.domain.job import JobCell, JobSpec, Record
from grader.domain.limits import Limits
from grader.domain.report import ProblemReport, ScoreReport
from grader.domain.run import Stopped
from grader.domain.submission import Submission
from grader.errors import EvidenceError, SandboxError, StoreError
from grader.evidence import Collector
from grader.live import LiveJudge
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


@dataclass(frozen=True)
class Bench:
    """Where and with what a notebook is graded.

    Attributes:
        sandbox: where student code runs.
        lab: what judgements may use.
        secret: the course's, from which hidden inputs are drawn.
        data: folder that the sandbox shows at ``/data``, or None.
        limits: what the run may use, `threads` resolved.
    """

    sandbox: sandbox.Sandbox
    lab: Lab
    secret: bytes
    data: Path | None
    limits: Limits


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
    spec = _spec(submission, asked, hidden, bench.limits)
    if observer is None:
        evidence = run(spec, asked, assignment.files, bench, Collector(spec))
    else:
        observer.on_submission(submission)
        with LiveJudge(assignment, submission, hidden, bench.lab, observer.on_problem) as judge:
            collector = Collector(spec, observer.on_record, judge.hear)
            evidence = run(spec, asked, assignment.files, bench, collector)
    report = scoring.score(assignment, submission, evidence, hidden, bench.lab, bench.limits)
    return Graded(submission, hidden, bench.limits, evidence, report)


def _spec(submission: Submission, asked: Questions, hidden: Hidden, limits: Limits) -> JobSpec:
    code = (cell for cell in submission.cells if cell.kind == "code")
    return JobSpec(
        cells=tuple(JobCell(index=cell.index, source=cell.source) for cell in code),
        probes=asked.probes,
        limits=limits,
        seed=int(hidden.rng("guest").integers(2**32)),
    )


def run(
    spec: JobSpec, asked: Questions, files: Path | None, bench: Bench, collector: Collector
) -> Evidence:
    """Run the notebook in the sandbox and gather its evidence. Raises SandboxError."""
    refusals: list[str] = []

    def receive(chunk: bytes) -> None:
        try:
            collector.feed(chunk)
        except EvidenceError as error:
            refusals.append(str(error))
            raise sandbox.Refused(str(error), reason="evidence_broken") from None

    with TemporaryDirectory(prefix="grader-job-") as folder:
        sandbox.write_job(Path(folder), spec, asked.arrays, files)
        job = sandbox.Job(folder=Path(folder), data=bench.data, limits=bench.limits)
        end = bench.sandbox.run(job, receive)
    if not collector.started:
        raise SandboxError(
            "guest_failed",
            f"the guest ended before it ran anything; its last words: {end.stderr[-2000:]!r}",
        )
    stopped = Stopped(reason="evidence_broken", message=refusals[0]) if refusals else end.stopped
    return collector.evidence(end.facts, stopped)


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
    report = scoring.score(assignment, submission, valid.evidence, run.hidden, lab, run.limits)
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
