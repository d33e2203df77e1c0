"""What a command does with a report: files in the forms that were asked for, else a table."""

from collections.abc import Mapping
from pathlib import Path

from grader import reports
from grader.cli.output import out, write
from grader.domain.report import ScoreReport


def show(report: ScoreReport, wanted: Mapping[str, Path | None]) -> None:
    """Write the forms that are wanted; show the table, unless JSON is all that may be shown.

    Args:
        report: the report.
        wanted: a file for each form of `reports.FORMS`, or None for one that is not wanted.
    """
    for form, path in wanted.items():
        if path is not None:
            write(path, reports.render(report, form))
    if str(wanted.get("json")) != "-":
        reports.print_table(report, out)
        for path in (p for p in wanted.values() if p is not None):
            out.print(f"Report: {path.resolve()}", markup=False, highlight=False, soft_wrap=True)
