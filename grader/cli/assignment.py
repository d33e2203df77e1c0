"""`grader assignment`: what staff ask about an assignment."""

import re
from typing import Annotated

import typer
from rich.table import Table

from grader import pipeline, scoring
from grader.cli.output import complain, out
from grader.domain.assignment import Assignment
from grader.domain.hidden import Hidden
from grader.errors import GraderError

app = typer.Typer(help="Assignments: what staff define.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `check` a subcommand."""


@app.command()
def check(
    assignment: Annotated[str, typer.Argument(help="Id, or a .py file that defines one.")],
) -> None:
    """Check an assignment: every wrong field at once, its files, its questions.

    Exit codes: 0 right, 2 something is wrong.
    """
    chosen = scoring.load(assignment)
    wrong = _mistakes(chosen)
    table = Table("problem", "points", "checks", "asked inside", title=chosen.title)
    for problem in chosen.problems:
        probes = scoring.probes_of(problem, Hidden(seed="00" * 32))
        names = ", ".join(check.id for check in problem.checks)
        table.add_row(problem.id, f"{problem.points:g}", names, ", ".join(sorted(probes)) or "–")
    out.print(table)
    out.print(f"{len(chosen.problems)} problems, {chosen.points:g} points")
    for line in wrong:
        complain(line)
    if wrong:
        raise typer.Exit(2)


def _mistakes(chosen: Assignment) -> list[str]:
    wrong = [
        f"{field}: {path} does not exist"
        for field in ("files", "release", "solution")
        if (path := getattr(chosen, field)) is not None and not path.exists()
    ]
    for field in ("release", "solution"):
        path = getattr(chosen, field)
        if path is not None and path.is_file():
            wrong += _unread(chosen, field, path.read_bytes())
    return wrong


def _unread(chosen: Assignment, field: str, data: bytes) -> list[str]:
    """Questions that the notebook does not ask exactly once."""
    try:
        submission = pipeline.read(chosen, data, f"{field}.ipynb")
    except GraderError as error:
        return [f"{field}: {error}"]
    markdown = [cell.source for cell in submission.cells if cell.kind == "markdown"]
    paragraphs = [" ".join(p.split()) for text in markdown for p in re.split(r"\n\s*\n", text)]
    wrong = []
    for question in scoring.written(chosen):
        count = sum(
            any(re.search(anchor, p, re.IGNORECASE) for anchor in question.anchors)
            for p in paragraphs
        )
        if count != 1:
            wrong.append(
                f"{field}: question {question.id!r} is asked {count} times, expected once: "
                f"its anchors are {question.anchors}"
            )
    return wrong
