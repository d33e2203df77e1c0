"""Where a command writes: results to standard output, everything else to standard error."""

from pathlib import Path

from rich.console import Console

out = Console()
err = Console(stderr=True)


def complain(message: str) -> None:
    """One error, on standard error."""
    err.print("[bold red]error:[/]", end=" ")
    err.print(message, markup=False, highlight=False, soft_wrap=True)


def write(path: Path, text: str) -> None:
    """Write a file, with its folders; ``-`` is standard output."""
    if str(path) == "-":
        print(text, end="" if text.endswith("\n") else "\n")  # noqa: T201 - the bytes as they are, without Rich's wrapping
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
