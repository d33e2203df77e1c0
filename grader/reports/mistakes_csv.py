"""Mistakes of a class as CSV: who made which, for a spreadsheet's filter and its pivot table."""

from collections.abc import Sequence

from grader.domain.codes import Catalogue
from grader.reports.cells import defused, table
from grader.reports.mistakes import GradeRow, mistakes
from grader.reports.numbers import points

_HEADINGS = ("submission", "problem", "check", "code", "meaning", "points_lost", "message")


def to_mistakes_csv(rows: Sequence[GradeRow], catalogue: Catalogue) -> str:
    """One line for each code of each check that is not right, below a line of headings.

    The points lost add up to those of the reports; the cell is empty where a check of ours broke.
    """
    return table(
        _HEADINGS,
        (
            (
                *map(defused, (found.submission, found.problem, found.check, found.code)),
                defused(catalogue.brief(found.problem, found.code)),
                "" if found.lost is None else points(found.lost),
                defused(found.message),
            )
            for found in mistakes(rows)
        ),
    )
