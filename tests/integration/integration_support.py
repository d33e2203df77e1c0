"""Grading for real: the cnn assignment, the real sandbox, the real data."""

from collections.abc import Callable, Iterable

import nbformat

from grader.domain.report import ProblemReport
from grader.matrix import Proof, Sheet, prove
from grader.pipeline import Graded

Grade = Callable[..., Graded]


def notebook(cells: Iterable[str]) -> bytes:
    """A notebook of code cells; one that starts with ``#md`` is markdown."""
    made = nbformat.v4.new_notebook()
    for source in cells:
        if source.startswith("#md"):
            made.cells.append(nbformat.v4.new_markdown_cell(source[3:].lstrip()))
        else:
            made.cells.append(nbformat.v4.new_code_cell(source))
    return str(nbformat.writes(made)).encode("utf-8", "surrogatepass")


def problem(graded: Graded, name: str) -> ProblemReport:
    return next(p for p in graded.report.problems if p.id == name)


def name_of(sheet: Sheet) -> str:
    return "+".join(sheet.names)


def complaints(proof: Proof, sheet: Sheet) -> list[str]:
    """All that is off in one notebook of the matrix; variants under suspicion are graded alone."""
    graded = prove([sheet], proof, workers=1)
    return [line for rows in graded for row in rows for line in row.complaints()]
