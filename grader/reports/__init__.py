"""Renderers: a score report in every form that somebody reads.

Each form is one file and a pure function of the report. HTML is imported when it is asked for:
its templates cost time at the start of every command.
"""

from grader.domain.report import ScoreReport
from grader.reports.class_json import to_class_json
from grader.reports.class_table import print_class
from grader.reports.codes_page import to_codes_page
from grader.reports.csv_report import to_csv
from grader.reports.json_report import schema, to_json
from grader.reports.junit import to_junit
from grader.reports.markdown import to_markdown
from grader.reports.mistakes import GradeRow
from grader.reports.mistakes_csv import to_mistakes_csv
from grader.reports.terminal import print_table

__all__ = [
    "FORMS",
    "GradeRow",
    "print_class",
    "print_table",
    "render",
    "schema",
    "to_class_json",
    "to_codes_page",
    "to_csv",
    "to_json",
    "to_mistakes_csv",
]

FORMS = ("json", "html", "markdown", "junit")


def render(report: ScoreReport, form: str) -> str:
    """The report as text in one of `FORMS`, the same for the same report.

    Raises:
        ValueError: there is no such form.
    """
    match form:
        case "json":
            return to_json(report)
        case "html":
            from grader.reports.html import to_html

            return to_html(report)
        case "markdown":
            return to_markdown(report)
        case "junit":
            return to_junit(report)
    raise ValueError(f"form of a report: found {form!r}, expected one of {', '.join(FORMS)}")
