"""`grader submit`: one notebook, graded by a service."""

from pathlib import Path
from typing import Annotated

import typer

from grader.cli.exits import Exit, code_of_report
from grader.cli.options import NotebookArgument
from grader.cli.output import complain, out, plain
from grader.cli.results import show
from grader.notebook import MAX_FILE_BYTES


def command(
    notebook: NotebookArgument,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it, and show its report.")] = False,
    url: Annotated[
        str | None,
        typer.Option(
            envvar="GRADER_URL",
            help="The service's address.",
            show_default="the `grader serve` of this user",
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="GRADER_TOKEN",
            help="Who you are; better in the environment.",
            show_default="the one that `grader serve` made",
        ),
    ] = None,
    course: Annotated[str, typer.Option(help="Id of the course.")] = "local",
    assignment: Annotated[str, typer.Option("--assignment", "-a", help="Its id.")] = "cnn",
    json: Annotated[
        Path | None, typer.Option(help="Write the JSON report here; - for standard output only.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the HTML report here.")] = None,
    fail_under: Annotated[
        float | None, typer.Option(help="Exit with 1 where fewer points were earned.")
    ] = None,
) -> None:
    """Hand a notebook in to a service; with --wait, follow it and show its report.

    Exit codes: 0 handed in, or graded; 1 below --fail-under, 2 usage, or the course refuses, 3 the
    notebook cannot be read, 4 it could not be graded, or no service answers.
    """
    # It costs time that other commands need not wait.
    from grader.cli.handing_in import Wish, account, hand_in

    wanted = {"json": json, "html": html}
    if not wait and (fail_under is not None or any(wanted.values())):
        raise typer.BadParameter("--json, --html and --fail-under need a report: add --wait")
    who = account(url, token)
    with notebook.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    wish = Wish(course=course, assignment=assignment, wait=wait)
    done = hand_in(who, notebook.name, data, wish)
    if not wait:
        out.print(f"Submission {done.standing.id} is {done.standing.state}.", highlight=False)
        return
    if done.report is None:
        complain(plain(f"{done.standing.state}: {done.standing.message or done.standing.reason}"))
        raise typer.Exit(Exit.NOT_GRADED)
    show(done.report, wanted)
    code = code_of_report(done.report, fail_under)
    if code is not Exit.GRADED:
        raise typer.Exit(code)
