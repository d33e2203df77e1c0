"""Grades of a class as CSV, for spreadsheets and the import of a learning platform."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from grader.domain.base import Frozen
from grader.domain.report import ProblemReport, ScoreReport
from grader.reports.numbers import points
from grader.reports.text import line

_BEFORE = ("name", "sha256", "status", "earned", "possible", "pending")
_AFTER = ("flags", "misconceptions", "error")
# A spreadsheet that separates by another character than the comma cuts fields in the middle, so
# what stands behind a separator is a field's start as well. Full-width signs count in some.
_FORMULA = re.compile(r"(^|[;,|])([\s'\"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


class GradeRow(Frozen):
    """One notebook of a class."""

    name: str
    """How the class calls it, such as its path below the folder."""
    report: ScoreReport | None
    """None where the notebook has none."""
    error: str
    """Why there is no report; not shown where there is one."""


def to_csv(rows: Sequence[GradeRow]) -> str:
    """One line for each row, below a line of headings; columns of problems by first appearance.

    A cell is empty, and never 0, where points are not decided: no report, a problem of which all
    points are pending, or one whose check broke. Text that a spreadsheet would take for a formula
    gets an apostrophe in front.
    """
    problems = list(dict.fromkeys(p.id for row in rows if row.report for p in row.report.problems))
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow([*_BEFORE, *map(_defused, problems), *_AFTER])
    for row in rows:
        writer.writerow(_cells(row, problems))
    return text.getvalue()


def _cells(row: GradeRow, problems: Iterable[str]) -> list[str]:
    report = row.report
    if report is None:
        return [
            _defused(row.name),
            "",
            "no_report",
            *[""] * 3,
            *["" for _ in problems],
            *[""] * 2,
            _defused(row.error),
        ]
    earned = {problem.id: _points(problem) for problem in report.problems}
    misconceptions = [
        f"{problem.id}:{check.misconception}"
        for problem in report.problems
        for check in problem.checks
        if check.misconception
    ]
    return [
        _defused(row.name),
        _defused(report.submission.sha256),
        report.status,
        *map(points, (report.earned, report.possible, report.pending)),
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
    return _defused(" ".join(dict.fromkeys(line(code).replace(" ", "_") for code in codes)))


def _defused(text: str) -> str:
    return _FORMULA.sub(r"\1\2'", line(text))
