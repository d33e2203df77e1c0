"""`grader admin offering`: on what terms a course offers an assignment."""

from typing import Annotated, Literal

import typer

from grader.cli.admin.opened import JsonOption, ledger, moment, show
from grader.domain.late import MOST_DAYS, LatePolicy

app = typer.Typer(help="On what terms a course offers an assignment.", no_args_is_help=True)
CourseArgument = Annotated[str, typer.Argument(help="Id of the course.")]
AssignmentArgument = Annotated[str, typer.Argument(help="Id of the assignment.")]


@app.command("set")
def set_(
    course: CourseArgument,
    assignment: AssignmentArgument,
    opens: Annotated[str | None, typer.Option(help="Taken from then on.")] = None,
    due: Annotated[
        str | None, typer.Option(help="On time until then, such as 2026-12-01T23:59+01:00.")
    ] = None,
    late_percent: Annotated[
        float | None,
        typer.Option(min=0, max=100, help="Taken off for each day or hour that has begun."),
    ] = None,
    late_per: Annotated[Literal["day", "hour"], typer.Option(help="Of what.")] = "day",
    late_most: Annotated[
        float, typer.Option(min=0, max=100, help="Percent that are taken off at most.")
    ] = 100,
    late_days: Annotated[
        int | None,
        typer.Option(min=0, max=MOST_DAYS, help="Nothing is taken so many days after; 0: at once."),
    ] = None,
    grace_minutes: Annotated[
        int, typer.Option(min=0, max=MOST_DAYS * 24 * 60, help="Still on time after `due`.")
    ] = 0,
    attempts: Annotated[int | None, typer.Option(min=1, help="Of each student.")] = None,
) -> None:
    """Set the terms, all of them: what is left out is without limit."""
    from grader.ledger import offerings

    if late_percent is None and (late_days is not None or grace_minutes):
        late_percent = 0.0
    late = None
    if late_percent is not None:
        late = LatePolicy(
            grace_seconds=grace_minutes * 60,
            per=late_per,
            percent=late_percent,
            most=late_most,
            days=late_days,
        )
    terms = offerings.Terms(moment(opens), moment(due), late, attempts)
    if late is not None and terms.due_at is None:
        raise typer.BadParameter("a late policy needs --due")
    with ledger() as opened, opened.write() as session:
        offerings.offer(session, course, assignment, terms)
    show_(course, assignment)


@app.command("show")
def show_(
    course: CourseArgument, assignment: AssignmentArgument, as_json: JsonOption = False
) -> None:
    """The terms as they stand."""
    from grader.ledger import offerings

    with ledger() as opened, opened.read() as session:
        terms = offerings.offering(session, course, assignment)
    row = {
        "course": course,
        "assignment": assignment,
        "opens": terms.opens_at,
        "due": terms.due_at,
        "late": None if terms.late is None else terms.late.model_dump_json(exclude_defaults=True),
        "attempts": terms.max_attempts,
    }
    show([row], as_json=as_json)
