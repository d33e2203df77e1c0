"""`grader admin alert`."""

from typing import Annotated

import typer

from grader.cli.admin.opened import JsonOption, ledger, now, show
from grader.cli.output import out
from grader.errors import AccessError

app = typer.Typer(help="What staff must look at; docs/operations.md says what to do.")


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """Alerts that are not over, the newest first."""
    from grader.ledger import alerts

    with ledger() as opened, opened.read() as session:
        rows = [
            {"id": a.id, "code": a.code, "subject": a.subject, "since": a.at, "message": a.message}
            for a in alerts.standing(session)
        ]
    show(rows, as_json=as_json)


@app.command()
def resolve(
    alert: Annotated[int, typer.Argument(help="Id, as `alert list` shows it.")],
) -> None:
    """Say that an alert is over; one that is not comes again."""
    from grader.ledger.work import Alert

    with ledger() as opened, opened.write() as session:
        found = session.get(Alert, alert)
        if found is None:
            raise AccessError(f"alert {alert}: found none, expected one that `alert list` shows")
        found.resolved_at = found.resolved_at or now()
    out.print(f"alert {alert}: over", highlight=False)
