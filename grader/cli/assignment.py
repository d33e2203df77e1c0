"""`grader assignment`: what staff ask about an assignment."""

import os
from contextlib import closing
from statistics import mean, stdev
from typing import Annotated

import typer
from rich.table import Table

from grader import scoring, wiring
from grader.calibrate import calibrate as run_calibration
from grader.calibrate import todo
from grader.cli import assignment_check
from grader.cli.options import AssignmentArgument
from grader.cli.output import out, progress_bar
from grader.domain.calibration import Calibration
from grader.errors import AssignmentError
from grader.settings import Settings

app = typer.Typer(help="Assignments: what staff define.", no_args_is_help=True)
app.command("check")(assignment_check.command)


@app.command()
def calibrate(
    assignment: AssignmentArgument,
    seeds: Annotated[int, typer.Option(min=2, help="How many, from 0 on.")] = 10,
    workers: Annotated[
        int, typer.Option(min=1, help="Trainings at once.", show_default="one for each CPU")
    ] = len(os.sched_getaffinity(0)),
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help="On the cut-down data of `check`: minutes.")
    ] = False,
) -> None:
    """Train the reference with many seeds: what right code reaches. Resumes where it stopped."""
    chosen = scoring.load(assignment)
    if rehearsal and chosen.rehearsal is None:
        raise AssignmentError(f"assignment {assignment!r} has no rehearsal")
    settings = Settings()
    store = (wiring.rehearsal_store if rehearsal else wiring.full_store)(settings, chosen)
    chosen = chosen.rehearsed if rehearsal else chosen
    if chosen.calibration is None or not chosen.trainings:
        raise AssignmentError(f"assignment {assignment!r} names no trainings and no calibration")
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
