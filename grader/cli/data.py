"""`grader data`: data sets."""

from typing import Annotated

import typer

from grader import wiring
from grader.cli.output import err, out
from grader.settings import Settings

app = typer.Typer(help="Data sets: fetch and verify.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(help="Name of the data set, such as mnist.")]


@app.command()
def fetch(name: NameArgument = "mnist") -> None:
    """Fetch a data set into the cache of this user; does nothing where it is there already."""
    store = wiring.data_store(Settings())
    with err.status(f"fetching {name}") as status:
        store.fetch(name, status.update)
    out.print(f"{name}: complete in {store.root}", highlight=False, soft_wrap=True)


@app.command()
def verify(name: NameArgument = "mnist") -> None:
    """Compare every file with its known digest."""
    findings = wiring.data_store(Settings()).verify(name)
    for finding in findings:
        out.print(finding)
