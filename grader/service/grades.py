"""The gradebook as programs and spreadsheets read it."""

from collections.abc import Sequence
from dataclasses import asdict

from grader.ledger.gradebook import Grade, Rule
from grader.reports.cells import defused, table
from grader.reports.json_report import written
from grader.reports.numbers import points

_HEADINGS = (
    "student",
    "name",
    "rule",
    "submissions",
    "status",
    "earned",
    "possible",
    "pending",
    "submission",
    "received_at",
)


def grades_json(grades: Sequence[Grade], rule: Rule) -> str:
    """The rule, and a line for each student."""
    lines = [asdict(grade) | {"received_at": _moment(grade) or None} for grade in grades]
    return written({"rule": rule, "grades": lines}, indent=2)


def grades_csv(grades: Sequence[Grade], rule: Rule) -> str:
    """A line for each student; cells are empty, and never 0, where there is no report."""
    return table(_HEADINGS, (_cells(grade, rule) for grade in grades))


def _cells(grade: Grade, rule: Rule) -> list[str]:
    return [
        defused(grade.student_id),
        defused(grade.name),
        rule,
        str(grade.submissions),
        grade.status or "no_report",
        *("" if v is None else points(v) for v in (grade.earned, grade.possible, grade.pending)),
        grade.submission_id or "",
        _moment(grade),
    ]


def _moment(grade: Grade) -> str:
    return "" if grade.received_at is None else grade.received_at.isoformat()
