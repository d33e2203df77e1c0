"""`grader admin token`."""

from datetime import timedelta
from typing import Annotated

import typer

from grader.cli.admin.opened import JsonOption, ledger, now, show
from grader.cli.output import err, out
from grader.domain.service import Role

MOST_DAYS = 3650
app = typer.Typer(help="Tokens, by which clients are known.", no_args_is_help=True)


@app.command()
def create(
    person: Annotated[str, typer.Argument(help="Whose it is.")],
    role: Annotated[
        Role, typer.Option(help="The most that it may be used as, whatever the person is.")
    ] = "student",
    label: Annotated[str, typer.Option(help="For the list, such as laptop.")] = "",
    days: Annotated[
        int | None, typer.Option(min=1, max=MOST_DAYS, help="Good for so many days.")
    ] = None,
) -> None:
    """Make a token and print it, once: only its digest is kept."""
    from grader.ledger import access

    expires = None if days is None else now() + timedelta(days=days)
    with ledger() as opened, opened.write() as session:
        text = access.issue_token(session, person, access.Grant(role, label, expires), now())
    err.print("It is shown this once:", highlight=False)
    print(text)  # noqa: T201 - alone on standard output, for a script to take


@app.command("list")
def list_(
    person: Annotated[str | None, typer.Argument(help="Whose; all, where left out.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Tokens by their public part."""
    from grader.ledger import access

    with ledger() as opened, opened.read() as session:
        rows = [
            {
                "token": token.id,
                "person": token.person_id,
                "role": token.role,
                "label": token.label,
                "created": token.created_at,
                "expires": token.expires_at,
                "revoked": token.revoked_at,
            }
            for token in access.tokens(session, person)
        ]
    show(rows, as_json=as_json)


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(help="Its public part, as `token list` shows it.")],
) -> None:
    """Let a token be good for nothing, at once."""
    from grader.ledger import access

    with ledger() as opened, opened.write() as session:
        access.revoke(session, token, now())
    out.print(f"token {token}: revoked", highlight=False)
