"""`grader data`: data sets."""

from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from grader import wiring
from grader.cli.exits import Exit
from grader.cli.output import err, out
from grader.data import FetchProgress
from grader.settings import Settings

app = typer.Typer(help="Data sets: fetch and verify.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(help="Name of the data set, such as mnist.")]


@app.command()
def fetch(name: NameArgument = "mnist") -> None:
    """Fetch a data set into the cache of this user; does nothing where it is there already.

    Exit codes: 0 complete and verified, 4 no source gave the right files.
    """
    store = wiring.data_store(Settings())
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TransferSpeedColumn(), console=err, disable=not err.is_terminal) as bar:
        tasks = {}

        def show(now: FetchProgress) -> None:
            label = f"{now.file} from {now.source}"
            if label not in tasks:
                tasks[label] = bar.add_task(label, total=now.total)
            bar.update(tasks[label], completed=now.done, total=now.total)

        store.fetch(name, show)
    out.print(f"{name}: complete in {store.root}", highlight=False, soft_wrap=True)


@app.command()
def verify(name: NameArgument = "mnist") -> None:
    """Compare every file with its known digest.

    Exit codes: 0 all right, 4 a file is missing or altered.
    """
    findings = wiring.data_store(Settings()).verify(name)
    table = Table("file", "", "found", "expected", box=None)
    for finding in findings:
        style = "green" if finding.status == "ok" else "red"
        status = f"[{style}]{finding.status}[/]"
        table.add_row(finding.path.name, status, finding.found, finding.expected)
    out.print(table)
    if any(finding.status != "ok" for finding in findings):
        out.print(f"To mend it: grader data fetch {name}")
        raise typer.Exit(Exit.NOT_GRADED)
