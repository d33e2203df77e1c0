"""`grader report`: the report of what was handed in to a service."""

from typing import Annotated

import typer

from grader.cli.options import FailUnderOption, HtmlOption, JsonOption, TokenOption, UrlOption
from grader.cli.submit import finish


def command(
    submission: Annotated[str, typer.Argument(help="Its id, as `grader submit` tells it.")],
    url: UrlOption = None,
    token: TokenOption = None,
    json: JsonOption = None,
    html: HtmlOption = None,
    fail_under: FailUnderOption = None,
) -> None:
    """Show the report of a submission, as it stands now.

    Exit codes: as those of `grader submit --wait`; 4 also where it is not graded yet.
    """
    # It costs time that other commands need not wait.
    from grader.cli.remote import account, outcome

    finish(outcome(account(url, token), submission), {"json": json, "html": html}, fail_under)
