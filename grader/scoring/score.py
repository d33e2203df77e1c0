"""Outcomes added up: pure, but for a judge that breaks, which is logged and never the student's."""

import logging
from collections.abc import Iterator, Sequence
from typing import assert_never

from grader.domain.assignment import Assignment, Problem
from grader.domain.check import Case, Check
from grader.domain.codes import codes_of
from grader.domain.limits import Limits
from grader.domain.outcome import (
    CheckBroke,
    Failed,
    NotGraded,
    Outcome,
    Partial,
    Passed,
    Pending,
)
from grader.domain.report import (
    CellErrorReport,
    CellReport,
    CheckReport,
    CheckStatus,
    ProblemReport,
    RunReport,
    ScoreReport,
    SecondRunReport,
    SubmissionLine,
)
from grader.domain.run import CellRun, SecondRun
from grader.domain.submission import Flag
from grader.scoring.limits_hit import limits_hit
from grader.scoring.points import cents, earn, points, share

_log = logging.getLogger(__name__)

WORST_FIRST: tuple[CheckStatus, ...] = (
    "check_broke",
    "pending",
    "not_graded",
    "failed",
    "partial",
    "passed",
)


def score(assignment: Assignment, case: Case, limits: Limits | None = None) -> ScoreReport:
    """Judge every problem and add up; `limits` are what the run was allowed (the assignment's)."""
    submission = case.submission
    problems = tuple(score_problem(problem, case) for problem in assignment.problems)
    broke = any(problem.status == "check_broke" for problem in problems)
    return ScoreReport(
        assignment=assignment.id,
        assignment_version=assignment.version,
        title=assignment.title,
        submission=SubmissionLine(name=submission.name, sha256=submission.sha256),
        status="not_graded" if broke else "graded",
        earned=_total([problem.earned for problem in problems]),
        possible=_total([problem.possible for problem in problems]),
        pending=_total([problem.pending for problem in problems]),
        problems=problems,
        run=_run(case, limits or assignment.limits),
        flags=(*_unprotected(case), *submission.flags),
    )


def _unprotected(case: Case) -> Iterator[Flag]:
    if case.evidence.facts.sandbox == "none":
        text = "The notebook ran without a sandbox: nothing kept it from forging every point."
        yield Flag(code="no_sandbox", message=text)


def score_problem(problem: Problem, case: Case) -> ProblemReport:
    """Judge the checks of one problem and add up."""
    possible = share(problem.points, [check.weight for check in problem.checks])
    checks = tuple(
        _report(check, _judge(problem, check, case), part)
        for check, part in zip(problem.checks, possible, strict=True)
    )
    worst = min(checks, key=lambda check: WORST_FIRST.index(check.status))
    return ProblemReport(
        id=problem.id,
        title=problem.title,
        earned=_total([check.earned for check in checks]),
        possible=points(cents(problem.points)),
        pending=_total([check.possible for check in checks if check.status == "pending"]),
        status=_status(checks),
        message=worst.message,
        checks=checks,
    )


def _judge(problem: Problem, check: Check, case: Case) -> Outcome:
    try:
        return check.judge(case)
    except Exception as error:  # noqa: BLE001 - whatever breaks a judge is ours, never the student's
        _log.exception("check %s of problem %s broke", check.id, problem.id)
        kind = type(error).__name__
        return CheckBroke(
            message=f"This could not be graded because the grader itself failed ({kind}). "
            "You lose nothing: the course staff will look at it."
        )


def _report(check: Check, outcome: Outcome, possible: int) -> CheckReport:
    return CheckReport(
        id=check.id,
        status=outcome.status,
        earned=points(_earned(outcome, possible)),
        possible=points(possible),
        message=outcome.message,
        reason=outcome.reason if isinstance(outcome, NotGraded) else None,
        misconception=outcome.misconception,
        codes=codes_of(outcome),
        details=outcome.details,
    )


def _earned(outcome: Outcome, possible: int) -> int:
    match outcome:
        case Passed() | Partial() | Failed() | NotGraded():
            return earn(possible, outcome.score)
        case Pending() | CheckBroke():
            return 0
        case _:
            assert_never(outcome)


def _status(checks: Sequence[CheckReport]) -> CheckStatus:
    """See `ProblemReport.status`; nothing that earned points is called failed."""
    worst = min((check.status for check in checks), key=WORST_FIRST.index)
    if worst in {"not_graded", "failed"} and any(check.earned for check in checks):
        return "partial"
    return worst


def _total(parts: Sequence[float]) -> float:
    return points(sum(cents(part) for part in parts))


def _run(case: Case, limits: Limits) -> RunReport:
    evidence = case.evidence
    facts, environment = evidence.facts, evidence.environment
    return RunReport(
        sandbox=facts.sandbox,
        image=facts.image,
        seconds=facts.seconds,
        cpu_seconds=facts.cpu_seconds,
        peak_memory_bytes=facts.peak_memory_bytes,
        limits=limits,
        stopped=evidence.stopped.reason,
        stopped_message=evidence.stopped.message,
        limits_hit=tuple(limits_hit(evidence, limits)),
        protections=facts.protections,
        warnings=facts.warnings,
        python=environment.python,
        libraries=environment.libraries,
        device=environment.device,
        gpu=facts.gpu,
        threads=environment.threads,
        seed_id=case.hidden.id,
        data=case.datasets,
        second=_second(evidence.second),
        cells=tuple(_cell(cell) for cell in evidence.cells),
    )


def _second(run: SecondRun | None) -> SecondRunReport | None:
    if run is None:
        return None
    return SecondRunReport(models=run.models, seconds=run.seconds, stopped=run.stopped.reason)


def _cell(cell: CellRun) -> CellReport:
    error = cell.error
    return CellReport(
        index=cell.index,
        status=cell.status,
        seconds=cell.seconds,
        error=CellErrorReport(name=error.name, message=error.message, traceback=error.traceback)
        if error
        else None,
    )
