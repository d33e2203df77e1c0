"""A report beside what its variants state: pure."""

from collections.abc import Mapping, Sequence

from grader.domain.assignment import Assignment
from grader.domain.report import ProblemReport, ScoreReport
from grader.domain.variant import Variant
from grader.matrix.marks import Mark, Row, Verdict

Shadows = Mapping[str, frozenset[str]]


def shadows(assignment: Assignment) -> Shadows:
    """For each problem those that rest on it, directly or through others."""
    found = {
        problem.id: {other.id for other in assignment.problems if problem.id in other.rests_on}
        for problem in assignment.problems
    }
    for _ in found:
        for reached in found.values():
            reached |= {far for near in tuple(reached) for far in found[near]}
    return {name: frozenset(reached) for name, reached in found.items()}


def apart(one: Variant, other: Variant, over: Shadows) -> bool:
    """Whether two flaws in one notebook could hide each other: each must show alone."""
    return any(
        problem in reach(b, over) for a, b in ((one, other), (other, one)) for problem in a.concerns
    )


def reach(flaw: Variant, over: Shadows) -> set[str]:
    """Problems whose points the flaw may cost."""
    return set(flaw.concerns).union(*(over[name] for name in flaw.concerns))


def rows(pack: Sequence[Variant], report: ScoreReport, assignment: Assignment) -> tuple[Row, ...]:
    """A row for each variant of a notebook, all right or all flaws.

    Points that were lost where no variant of the pack can be meant are held against all of it: only
    grading each alone can tell.
    """
    over = shadows(assignment)
    return tuple(
        Row(
            name=variant.name,
            kind="right" if variant.right else "flaw",
            marks={p.id: _mark(variant, pack, p, over) for p in report.problems},
            wrong=_ended(report),
            seconds=report.run.seconds,
        )
        for variant in pack
    )


def solution_row(report: ScoreReport) -> Row:
    """The staff's solution: full points but for what a person grades, and no cell fails."""
    failed = [
        f"cell {cell.index}: {cell.status}" for cell in report.run.cells if cell.status != "ok"
    ]
    return Row(
        name="solution",
        kind="solution",
        marks={p.id: _made(p, "kept" if _full(p) else "lost") for p in report.problems},
        wrong=_ended(report) or ", ".join(failed),
        seconds=report.run.seconds,
    )


def release_row(report: ScoreReport, assignment: Assignment) -> Row:
    """The notebook that students are given: next to no points."""
    allowed = assignment.release_share * assignment.points
    wrong = f"earned {report.earned:g} points, at most {allowed:g} are allowed"
    return Row(
        name="release",
        kind="release",
        marks={p.id: _made(p, "found") for p in report.problems},
        wrong=_ended(report) or (wrong if report.earned > allowed else ""),
        seconds=report.run.seconds,
    )


def _mark(variant: Variant, pack: Sequence[Variant], problem: ProblemReport, over: Shadows) -> Mark:
    own = problem.id in variant.concerns
    if own and not variant.right:
        return _flaw(variant.concerns[problem.id], problem)
    if _full(problem):
        return _made(problem, "kept")
    if variant.right:
        meant = [v for v in pack if problem.id in v.concerns] or pack
        return _made(problem, "lost" if variant in meant else "taken")
    if problem.id in reach(variant, over):
        return _made(problem, "follows")
    taken = any(problem.id in reach(other, over) for other in pack)
    return _made(problem, "taken" if taken else "lost")


def _flaw(expected: str | None, problem: ProblemReport) -> Mark:
    if _full(problem):
        return _made(problem, "not_noticed", expected)
    as_stated = _named(problem) == ((expected,) if expected else ())
    return _made(problem, "found" if as_stated else "misnamed", expected)


def _made(problem: ProblemReport, verdict: Verdict, expected: str | None = None) -> Mark:
    return Mark(
        verdict="broke" if problem.status == "check_broke" else verdict,
        earned=problem.earned,
        possible=problem.possible,
        expected=expected,
        named=_named(problem),
        message="" if verdict in {"kept", "taken"} else problem.message,
    )


def _full(problem: ProblemReport) -> bool:
    return problem.earned + problem.pending >= problem.possible


def _named(problem: ProblemReport) -> tuple[str, ...]:
    return tuple(sorted({c.misconception for c in problem.checks if c.misconception is not None}))


def _ended(report: ScoreReport) -> str:
    """How the run ended, where it did not come to its end."""
    run = report.run
    return (
        "" if run.stopped == "finished" else f"the run ended: {run.stopped} {run.stopped_message}"
    )
