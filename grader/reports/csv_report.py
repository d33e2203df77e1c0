"""Grades of a class as CSV, for spreadsheets and the import of a learning platform."""

from collections.abc import Iterable, Sequence

from grader.domain.report import ProblemReport
from grader.reports.cells import defused, table
from grader.reports.mistakes import GradeRow
from grader.reports.numbers import points
from grader.reports.text import line

_BEFORE = ("name", "sha256", "status", "earned", "possible", "pending")
_LATE = ("late",)
_AFTER = ("flags", "misconceptions", "error")


def to_csv(rows: Sequence[GradeRow]) -> str:
    """One line for each row, below a line of headings; columns of problems by first appearance.

    A cell is empty, and never 0, where points are not decided: no report, a problem of which all
    points are pending, or one whose check broke. Text that a spreadsheet would take for a formula
    gets an apostrophe in front. Where somebody was late, a column tells what that took off
    `earned`.
    """
    late = any(row.report and row.report.late for row in rows)
    problems = list(dict.fromkeys(p.id for row in rows if row.report for p in row.report.problems))
    headings = [*_BEFORE, *_LATE[:late], *map(defused, problems), *_AFTER]
    return table(headings, (_cells(row, problems, late=late) for row in rows))


def _cells(row: GradeRow, problems: Iterable[str], *, late: bool) -> list[str]:
    report = row.report
    if report is None:
        return [
            defused(row.name),
            "",
            "no_report",
            *[""] * (3 + late),
            *["" for _ in problems],
            *[""] * 2,
            defused(row.error),
        ]
    earned = {problem.id: _points(problem) for problem in report.problems}
    misconceptions = [
        f"{problem.id}:{code}"
        for problem in report.problems
        for check in problem.checks
        if check.misconception
        for code in check.codes
    ]
    return [
        defused(row.name),
        defused(report.submission.sha256),
        report.status,
        *map(points, (report.earned, report.possible, report.pending)),
        *([points(report.late.points) if report.late else ""] if late else ()),
        *(earned.get(problem, "") for problem in problems),
        _codes(flag.code for flag in report.flags),
        _codes(misconceptions),
        "",
    ]


def _points(problem: ProblemReport) -> str:
    undecided = problem.status == "check_broke" or problem.pending >= problem.possible
    return "" if undecided else points(problem.earned)


def _codes(codes: Iterable[str]) -> str:
    """Each code once, separated by blanks."""
    return defused(" ".join(dict.fromkeys(line(code).replace(" ", "_") for code in codes)))
