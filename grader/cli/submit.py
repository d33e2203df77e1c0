"""`grader submit`: one notebook, graded by a service."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from grader.cli.exits import Exit, code_of_report
from grader.cli.options import (
    FailUnderOption,
    HtmlOption,
    JsonOption,
    NotebookArgument,
    TokenOption,
    UrlOption,
)
from grader.cli.output import complain, out, plain
from grader.cli.results import show
from grader.notebook import MAX_FILE_BYTES

if TYPE_CHECKING:
    from grader.cli.remote import Outcome


def command(
    notebook: NotebookArgument,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it, and show its report.")] = False,
    url: UrlOption = None,
    token: TokenOption = None,
    course: Annotated[str, typer.Option(help="Id of the course.")] = "local",
    assignment: Annotated[str, typer.Option("--assignment", "-a", help="Its id.")] = "cnn",
    json: JsonOption = None,
    html: HtmlOption = None,
    fail_under: FailUnderOption = None,
) -> None:
    """Hand a notebook in to a service; with --wait, follow it and show its report.

    Exit codes: 0 handed in, or graded; 1 below --fail-under, 2 usage, or the course refuses, 3 the
    notebook cannot be read, 4 it could not be graded, or no service answers.
    """
    # It costs time that other commands need not wait.
    from grader.cli.remote import Wish, account, hand_in, told

    wanted = {"json": json, "html": html}
    if not wait and (fail_under is not None or any(wanted.values())):
        raise typer.BadParameter("--json, --html and --fail-under need a report: add --wait")
    who = account(url, token)
    with notebook.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    wish = Wish(course=course, assignment=assignment, wait=wait)
    done = hand_in(who, notebook.name, data, wish)
    if not wait:
        out.print(Text(told(done.standing)), soft_wrap=True)
        return
    finish(done, wanted, fail_under)


def finish(done: "Outcome", wanted: Mapping[str, Path | None], fail_under: float | None) -> None:
    """Show the report, or say why there is none. Raises typer.Exit unless all is well."""
    if done.report is None:
        why = done.standing.message or done.standing.reason or "there is no report yet"
        complain(plain(f"{done.standing.state}: {why}"))
        raise typer.Exit(Exit.NOT_GRADED)
    show(done.report, wanted)
    code = code_of_report(done.report, fail_under)
    if code is not Exit.GRADED:
        raise typer.Exit(code)
