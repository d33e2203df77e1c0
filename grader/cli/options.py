"""Options that several commands share."""

import re
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from grader.domain.limits import Limits
from grader.wiring import SANDBOXES

AssignmentOption = Annotated[
    str,
    typer.Option(
        "--assignment", "-a", help="Id of an installed assignment, or a .py file that defines one."
    ),
]
AssignmentArgument = Annotated[str, typer.Argument(help="Id, or a .py file that defines one.")]


def check_sandbox(name: str) -> str:
    """The name as it is. Raises typer.BadParameter where there is no such sandbox."""
    if name not in SANDBOXES:
        raise typer.BadParameter(
            f"{name!r} is none of {', '.join(SANDBOXES)}", param_hint="--sandbox"
        )
    return name


SandboxOption = Annotated[
    str,
    typer.Option(
        callback=check_sandbox, help="Where student code runs: " + " or ".join(SANDBOXES) + "."
    ),
]
LimitsOption = Annotated[
    str,
    typer.Option(
        "--limits",
        help="Bounds of the run, such as [cyan]wall_seconds=600,memory_bytes=2GiB,threads=1[/].",
        show_default="those of the assignment",
    ),
]
_SIZES = {"KIB": 1024, "MIB": 1024**2, "GIB": 1024**3}


def _number(text: str) -> str:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMG]iB)\s*", text, re.IGNORECASE)
    if not match:
        return text.strip()
    return str(int(float(match[1]) * _SIZES[match[2].upper()]))


def parse_limits(text: str, base: Limits) -> Limits:
    """The base limits with those of the option put in.

    Raises:
        typer.BadParameter: a name or a value is wrong.
    """
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    changed = {name.strip(): _number(value) for name, _, value in pairs}
    try:
        return Limits.model_validate(base.model_dump() | changed)
    except ValidationError as error:
        wrong = "; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors())
        known = ", ".join(Limits.model_fields)
        raise typer.BadParameter(f"{wrong} (known: {known})", param_hint="--limits") from None


NotebookArgument = Annotated[
    Path, typer.Argument(help="The notebook (.ipynb).", exists=True, dir_okay=False, readable=True)
]
