"""Options that several commands share."""

import re
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from grader.domain.limits import Limits
from grader.sandbox import Sandbox
from grader.settings import Settings
from grader.wiring import SANDBOXES, no_sandbox, sandbox

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
NO_SANDBOX = "none"


def check_sandbox_or_none(name: str) -> str:
    """As `check_sandbox`, and ``none``, for which `require_trust` asks."""
    return name if name == NO_SANDBOX else check_sandbox(name)


SandboxOrNoneOption = Annotated[
    str,
    typer.Option(
        callback=check_sandbox_or_none,
        help="Where student code runs: " + " or ".join(SANDBOXES) + ".",
    ),
]
TrustOption = Annotated[
    bool,
    typer.Option(
        "--i-trust-this-notebook",
        help="Allow --sandbox none: the notebook reaches all your files and the network.",
    ),
]


def require_trust(name: str, *, trusted: bool) -> None:
    """Raises typer.BadParameter for the sandbox ``none`` without trust, or trust without it."""
    if (name == NO_SANDBOX) != trusted:
        raise typer.BadParameter(
            "--sandbox none runs the notebook unprotected, and goes with --i-trust-this-notebook"
            " only, as that does with it",
            param_hint="--sandbox",
        )


def chosen_sandbox(settings: Settings, name: str) -> Sandbox:
    """The sandbox of that name; ``none`` after `require_trust` only.

    Raises:
        SandboxError: it does not work on this machine.
    """
    return no_sandbox(settings) if name == NO_SANDBOX else sandbox(settings, name)


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
UrlOption = Annotated[
    str | None,
    typer.Option(
        envvar="GRADER_URL",
        help="The service's address.",
        show_default="the `grader serve` of this user",
    ),
]
TokenOption = Annotated[
    str | None,
    typer.Option(
        envvar="GRADER_TOKEN",
        help="Who you are; better in the environment.",
        show_default="the one that `grader serve` made",
    ),
]
JsonOption = Annotated[
    Path | None, typer.Option(help="Write the JSON report here; - for standard output only.")
]
HtmlOption = Annotated[Path | None, typer.Option(help="Write the HTML report here.")]
FailUnderOption = Annotated[
    float | None, typer.Option(help="Exit with 1 where fewer points were earned.")
]
