"""`grader assignment`: what staff ask about an assignment."""

import os
import re
from contextlib import closing
from statistics import mean, stdev
from typing import Annotated

import typer
from rich.table import Table

from grader import pipeline, scoring, wiring
from grader.calibrate import calibrate as run_calibration
from grader.calibrate import todo
from grader.cli.output import complain, out, progress_bar
from grader.domain.assignment import Assignment
from grader.domain.calibration import Calibration
from grader.domain.hidden import Hidden
from grader.errors import AssignmentError, GraderError
from grader.settings import Settings

app = typer.Typer(help="Assignments: what staff define.", no_args_is_help=True)


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


@app.command()
def calibrate(
    assignment: Annotated[str, typer.Argument(help="Id, or a .py file that defines one.")],
    seeds: Annotated[int, typer.Option(min=2, help="How many, from 0 on.")] = 10,
    workers: Annotated[
        int, typer.Option(min=1, help="Trainings at once.", show_default="one for each CPU")
    ] = len(os.sched_getaffinity(0)),
) -> None:
    """Train the reference with many seeds: what right code reaches. Resumes where it stopped."""
    chosen = scoring.load(assignment)
    if chosen.calibration is None or not chosen.trainings:
        raise AssignmentError(f"assignment {assignment!r} names no trainings and no calibration")
    store = wiring.data_store(Settings())
    for name in chosen.datasets:
        wiring.require(store, name)
    kept = Calibration.read(chosen.calibration)
    left = todo(chosen.trainings, kept, seeds)
    with progress_bar() as bar:
        task = bar.add_task("training", total=len(left))
        running = run_calibration(chosen.trainings, chosen.calibration, store.load, seeds, workers)
        with closing(running):
            for trained in running:
                reached = f"{trained.name}, seed {trained.run.seed}: {trained.run.accuracy[-1]:.2%}"
                bar.update(task, advance=1, description=reached)
    table = Table("model", "seeds", "mean", "sd", "lowest", title=str(chosen.calibration))
    calibration = Calibration.read(chosen.calibration)
    for training in chosen.trainings:
        final = calibration.final(training.name)
        numbers = (mean(final), stdev(final), min(final))
        table.add_row(training.name, str(len(final)), *(f"{number:.4f}" for number in numbers))
    out.print(table)


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
