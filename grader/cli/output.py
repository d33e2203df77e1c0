"""Where a command writes: results to standard output, everything else to standard error."""

from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from grader.reports.text import clean, line

out = Console()
err = Console(stderr=True)


def complain(message: str) -> None:
    """One error, on standard error; nothing in it acts on a terminal."""
    err.print("[bold red]error:[/]", end=" ")
    err.print(clean(message), markup=False, highlight=False, soft_wrap=True)


def plain(text: str) -> str:
    """One line, in which a file's name or content acts on no terminal and ends no line."""
    return line(text)


def write(path: Path, text: str) -> None:
    """Write a file, with its folders; ``-`` is standard output."""
    if str(path) == "-":
        print(text, end="" if text.endswith("\n") else "\n")  # noqa: T201 - the bytes as they are, without Rich's wrapping
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def progress_bar() -> Progress:
    """A bar with ETA on standard error; nothing where that is no terminal."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        console=err,
        disable=not err.is_terminal,
    )
