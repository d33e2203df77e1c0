"""Who a client is: the service's address and a token, in a file that only its user reads."""

import json
import os
from pathlib import Path

from pydantic import SecretStr, ValidationError

from grader.domain.base import Frozen

FILE = "client.json"
"""Its name, in the folder of the state."""


class Account(Frozen):
    """Where to ask, and as whom."""

    url: str
    """Such as ``http://127.0.0.1:8000``."""
    token: SecretStr


def kept(state: Path) -> Account | None:
    """The account that `grader serve` made there; None where there is none that can be read."""
    try:
        return Account.model_validate_json((state / FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def keep(state: Path, account: Account) -> None:
    """Keep it in the folder; nobody else can read it at any moment."""
    draft = state / f"{FILE}.new"
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor, not a path
        json.dump({"url": account.url, "token": account.token.get_secret_value()}, file)
    draft.replace(state / FILE)
