"""What commands ask of a service."""

from uuid import uuid4

import typer
from pydantic import SecretStr
from rich.text import Text

from grader import notebook as notebooks
from grader.cli.hearing import hear
from grader.cli.live_view import LiveView
from grader.cli.output import err, plain
from grader.client import Account, Client, Standing, follow, kept, require_ours
from grader.domain.base import Frozen
from grader.domain.report import ScoreReport
from grader.domain.submission import Submission
from grader.settings import Settings


class Wish(Frozen):
    """Where a notebook goes."""

    course: str
    assignment: str
    wait: bool
    """Follow it to its end."""


class Outcome(Frozen):
    """What became of it."""

    standing: Standing
    report: ScoreReport | None
    """None: there is none, or none yet."""


def account(url: str | None, token: str | None) -> Account:
    """What was asked for, and for the rest that of this user's `grader serve`.

    Raises:
        typer.BadParameter: something is missing.
        ServiceError: another user's program has taken the place of this user's `grader serve`.
    """
    here = kept(Settings().state_dir)
    url = (url or "").rstrip("/") or (here.url if here is not None else "")
    if not url:
        raise typer.BadParameter("found no `grader serve` of this user: start it, or give --url")
    if token is not None:
        if not token.isascii():
            raise typer.BadParameter("the token is none: found letters that are not ASCII")
        return Account(url=url, token=SecretStr(token.strip()))
    if here is None or url != here.url:
        raise typer.BadParameter(f"{url} needs a token: set GRADER_TOKEN")
    require_ours(here.url)
    return here


def hand_in(who: Account, name: str, data: bytes, wish: Wish) -> Outcome:
    """Hand a notebook in and, if wished, follow it on the terminal.

    Raises:
        SubmissionError: it cannot be read; nothing was sent.
        ServiceError: it was refused, or no service answers.
    """
    read = notebooks.parse(data, name)
    with Client(who) as client:
        standing = client.hand_in(wish.course, wish.assignment, read.name, data, uuid4().hex)
        if wish.wait:
            err.print(Text(told(standing)), soft_wrap=True)
            standing = _followed(client, standing, wish, read)
        return _with_report(client, standing)


def told(standing: Standing) -> str:
    """A line about it, whatever the service calls it."""
    return plain(f"Submission {standing.id} is {standing.state}.")


def outcome(who: Account, submission: str) -> Outcome:
    """What has become of a submission. Raises ServiceError."""
    with Client(who) as client:
        return _with_report(client, client.standing(submission))


def _with_report(client: Client, standing: Standing) -> Outcome:
    report = client.report(standing.id) if standing.state == "graded" else None
    return Outcome(standing=standing, report=report)


def _followed(client: Client, standing: Standing, wish: Wish, read: Submission) -> Standing:
    """Show what happens to it on a terminal; how it stands in the end."""
    with LiveView(err, client.card(wish.course, wish.assignment)) as view:
        view.on_submission(read)
        hear(view, standing)
        for heard in follow(client, standing.id):
            hear(view, heard)
            if isinstance(heard, Standing) and heard.final:
                return heard
    raise AssertionError("follow ends with a standing that is final")
