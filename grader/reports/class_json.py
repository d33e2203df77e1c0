"""A class for programs: its mistakes, counted."""

from collections.abc import Sequence

from grader.domain.codes import Catalogue
from grader.reports.json_report import written
from grader.reports.mistakes import GradeRow, tallies


def to_class_json(rows: Sequence[GradeRow], catalogue: Catalogue) -> str:
    """How many notebooks and reports there are, and each mistake with who made it; ASCII."""
    data = {
        "schema_version": 1,
        "notebooks": len(rows),
        "reports": sum(row.report is not None for row in rows),
        "mistakes": [tally.model_dump() for tally in tallies(rows, catalogue)],
    }
    return written(data, indent=2)
