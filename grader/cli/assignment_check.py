"""`grader assignment check`: what is wrong with an assignment, and whether it does what it says."""

import os
import re
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from grader import matrix, pipeline, scoring, wiring
from grader.cli.exits import Exit
from grader.cli.matrix_view import show_matrix
from grader.cli.options import AssignmentArgument, SandboxOption
from grader.cli.output import complain, out, progress_bar, write
from grader.domain.assignment import Assignment
from grader.domain.hidden import Hidden
from grader.errors import GraderError
from grader.settings import Settings


def command(
    assignment: AssignmentArgument,
    only: Annotated[
        list[str] | None,
        typer.Option(help="A variant, a problem, solution or release; may be given again."),
    ] = None,
    static: Annotated[bool, typer.Option("--static", help="Grade nothing: seconds.")] = False,
    alone: Annotated[
        bool, typer.Option("--alone", help="Let no variants share a notebook: takes long.")
    ] = False,
    workers: Annotated[
        int, typer.Option(min=1, help="Notebooks at once.", show_default="one for each CPU")
    ] = len(os.sched_getaffinity(0)),
    sandbox: SandboxOption = "auto",
    json: Annotated[
        Path | None, typer.Option(help="Write the matrix as JSON to this file; - is the screen.")
    ] = None,
) -> None:
    """Check an assignment: its fields, files and questions; then grade what must come out.

    The matrix: the solution gets full points, the release next to none, each mistake among the
    assignment's variants is noticed, named, and costs nothing elsewhere, and each other right way
    keeps all points. Trainings use cut-down data where the assignment has a rehearsal.

    Exit codes: 0 right, 1 a cell of the matrix is off, 2 a field, a file or a variant is wrong.
    """
    chosen = scoring.load(assignment)
    on_screen = str(json) != "-"
    if on_screen:
        _show_problems(chosen)
    if wrong := _mistakes(chosen):
        for line in wrong:
            complain(line)
        raise typer.Exit(Exit.USAGE)
    if static or chosen.solution is None:
        return
    sheets = matrix.sheets(chosen.rehearsed, only or (), alone=alone)
    made = _graded(chosen, sheets, workers, sandbox)
    if json is not None:
        write(json, made.model_dump_json(indent=1) + "\n")
    if on_screen:
        show_matrix(made, out)
    for line in (line for row in made.off for line in row.complaints()):
        complain(line)
    if made.off:
        raise typer.Exit(Exit.BELOW)


def _graded(
    chosen: Assignment, sheets: Sequence[matrix.Sheet], workers: int, sandbox: str
) -> matrix.Matrix:
    settings = Settings()
    box = wiring.sandbox(settings, sandbox)
    proof = matrix.Proof(chosen.rehearsed, wiring.rehearsal_bench(settings, chosen, box))
    order = {name: n for n, name in enumerate(n for sheet in sheets for n in sheet.names)}
    rows: list[matrix.Row] = []
    try:
        with progress_bar() as bar, closing(matrix.prove(sheets, proof, workers)) as running:
            task = bar.add_task("grading", total=len(order))
            for finished in running:
                rows += finished
                last = finished[-1].name if finished else "again, alone"
                bar.update(task, advance=len(finished), description=last[:30])
    except KeyboardInterrupt:
        box.close()
        raise
    return matrix.Matrix(
        assignment=chosen.id,
        assignment_version=chosen.version,
        problems=tuple(problem.id for problem in chosen.problems),
        rows=tuple(sorted(rows, key=lambda row: order[row.name])),
    )


def _show_problems(chosen: Assignment) -> None:
    table = Table("problem", "points", "checks", "asked inside", title=chosen.title)
    for problem in chosen.problems:
        probes = scoring.probes_of(problem, Hidden(seed="00" * 32))
        names = ", ".join(check.id for check in problem.checks)
        table.add_row(problem.id, f"{problem.points:g}", names, ", ".join(sorted(probes)) or "–")
    out.print(table)
    out.print(f"{len(chosen.problems)} problems, {chosen.points:g} points")


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
    return wrong + matrix.misfits(chosen)


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
