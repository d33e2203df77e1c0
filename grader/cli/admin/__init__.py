"""`grader admin`: who may do what, on what terms; straight on the service's database."""

import typer

from grader.cli.admin import alert, course, db, offering, person, token

app = typer.Typer(
    help="The service: courses, people, tokens, terms, alerts, its database.",
    no_args_is_help=True,
)
for name, part in (
    ("course", course.app),
    ("person", person.app),
    ("token", token.app),
    ("offering", offering.app),
    ("alert", alert.app),
    ("db", db.app),
):
    app.add_typer(part, name=name)
app.command("enrol")(person.enrol)
