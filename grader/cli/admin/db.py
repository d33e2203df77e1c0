"""`grader admin db`: the service's database."""

import typer

from grader.cli.admin.opened import ledger
from grader.cli.exits import Exit
from grader.cli.output import out

app = typer.Typer(help="The service's database.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Bring the database to this version's tables; safe while others do the same."""
    from grader.ledger import migrate

    with ledger() as opened, opened.read() as session:
        found = migrate.version(session.connection())
    out.print(f"database: version {found}", highlight=False)


@app.command()
def check() -> None:
    """Compare the database's tables with those of this version; changes nothing.

    Exit codes: 0 they agree, 4 they do not.
    """
    from grader.ledger import migrate
    from grader.settings import Settings
    from grader.wiring import services

    opened = services.ledger(Settings())
    with opened.read() as session:
        found = migrate.version(session.connection())
        wrong = migrate.differences(session.connection())
    opened.close()
    if not wrong:
        out.print(f"database: version {found}, as it should be", highlight=False)
        return
    out.print(f"database: found version {found}, expected {migrate.newest()}", highlight=False)
    out.print("To mend it: grader admin db upgrade; where that does not help:")
    for line in wrong:
        out.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(Exit.NOT_GRADED)
