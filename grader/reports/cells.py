"""Cells of a CSV file that no spreadsheet takes for a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from grader.reports.text import line

# A spreadsheet that separates by another character than the comma cuts fields in the middle, so
# what stands behind a separator is a field's start as well. Full-width signs count in some.
_FORMULA = re.compile(r"(^|[;,|])([\s'\"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def defused(text: str) -> str:
    """One line of text; an apostrophe stands before what would be taken for a formula."""
    return _FORMULA.sub(r"\1\2'", line(text))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The file, as RFC 4180 has it; cells must be numbers of ours or `defused`."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows(rows)
    return text.getvalue()
