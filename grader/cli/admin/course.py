"""`grader admin course`."""

from typing import Annotated

import typer

from grader.cli.admin.opened import JsonOption, ledger, now, show
from grader.cli.output import out

app = typer.Typer(help="Courses.", no_args_is_help=True)


@app.command()
def add(
    course: Annotated[str, typer.Argument(help="Its id, such as dl-2026.")],
    title: Annotated[str, typer.Option(help="What it is called.")] = "",
) -> None:
    """Make a course."""
    from grader.ledger import access

    with ledger() as opened, opened.write() as session:
        access.add_course(session, course, title or course, now())
    out.print(f"course {course}: made", highlight=False)


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """All courses."""
    from grader.ledger import access

    with ledger() as opened, opened.read() as session:
        rows = [{"id": c.id, "title": c.title} for c in access.courses(session)]
    show(rows, as_json=as_json)
