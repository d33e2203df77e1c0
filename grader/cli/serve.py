"""`grader serve`: the whole service on this machine, until Ctrl-C."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from grader.cli.output import err, out, plain
from grader.domain.service import LANES, Lane
from grader.settings import Settings

if TYPE_CHECKING:
    from grader.embedded.serve import Running


def command(
    host: Annotated[str, typer.Option(help="Address that the API listens on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8000,
    slots: Annotated[
        int,
        typer.Option(
            min=0,
            help="Notebooks at once, beside those on a GPU.",
            show_default="one for each CPU, as memory allows",
        ),
    ] = 0,
    lanes: Annotated[
        str,
        typer.Option(
            help=f"Work that is done here, such as {','.join(LANES)}.",
            show_default="all; gpu where there is one",
        ),
    ] = "",
) -> None:
    """Run the service here: API, worker, a private Redis, SQLite. Ctrl-C ends all of it.

    A second start carries on with what waits. Exit codes: 0 it was asked to end, 4 it cannot run.
    """
    # They cost time that other commands need not wait.
    from grader.embedded.plan import Wish
    from grader.embedded.serve import lanes_here, serve

    settings = Settings()
    wanted = _lanes(lanes) or lanes_here(settings)
    serve(settings, Wish(host, port, slots, wanted), _tell, _show)
    _tell("ended; the next `grader serve` carries on")


def _lanes(text: str) -> tuple[Lane, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := set(names) - set(LANES):
        raise typer.BadParameter(
            f"found {', '.join(sorted(unknown))}, expected some of {', '.join(LANES)}",
            param_hint="--lanes",
        )
    return tuple(lane for lane in LANES if lane in names)


def _show(running: "Running") -> None:
    wish, home, names = running.wish, str(running.state), ", ".join(running.assignments)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, words in (
        ("API", f"{wish.url}/docs"),
        ("grades", f"{names}; {running.slots} at once in {running.sandbox}"),
        ("keeps", f"{home}; logs in {home}/logs"),
        ("hand in", "grader submit NOTEBOOK --wait"),
        ("end", "Ctrl-C"),
    ):
        table.add_row(Text(name, "bold"), Text(plain(words), overflow="fold"))
    out.print(table)
    for words in running.lacking:
        err.print(Text(plain(words), "bold yellow"), soft_wrap=True)


def _tell(words: str) -> None:
    err.print(words, markup=False, highlight=False, soft_wrap=True)
