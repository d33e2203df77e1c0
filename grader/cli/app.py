"""The command `grader`."""

import io
import os
import sys

import typer

from grader.cli import (
    admin,
    api,
    assignment,
    batch,
    data,
    doctor,
    grade,
    regrade,
    report,
    serve,
    submit,
    worker,
)
from grader.cli.exits import code_of
from grader.cli.output import complain
from grader.errors import GraderError

app = typer.Typer(
    name="grader",
    help="Grades notebooks of machine-learning courses: run in a sandbox, judged outside.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("grade")(grade.command)
app.command("batch")(batch.command)
app.command("regrade")(regrade.command)
app.command("serve")(serve.command)
app.command("api")(api.command)
app.command("submit")(submit.command)
app.command("report")(report.command)
app.command("worker")(worker.worker)
app.command("upkeep")(worker.upkeep)
app.command("doctor")(doctor.command)
app.add_typer(admin.app, name="admin")
app.add_typer(assignment.app, name="assignment")
app.add_typer(data.app, name="data")


def main() -> None:
    """Run the command line and leave with its exit code.

    Judgements use one thread each: the cores belong to the sandboxes, and the same sums in the same
    order give the same report.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal of another encoding has no ✓
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
    try:
        app()
    except GraderError as error:
        complain(str(error))
        sys.exit(code_of(error))
    except KeyboardInterrupt:
        complain("interrupted")
        sys.exit(130)
