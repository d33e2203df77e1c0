"""What a newcomer needs before a first submission: a course, somebody in it, and a token."""

import getpass
import re
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.orm import Session

from grader.client import Account, keep, kept
from grader.ledger import Ledger, access
from grader.ledger.access import Grant
from grader.ledger.people import Course

COURSE = "local"
"""Id of the course; `grader submit` hands in there unless told otherwise."""


def prepare(ledger: Ledger, state: Path, url: str, now: datetime) -> None:
    """Make what is missing, and keep the account by which `grader submit` finds the service.

    Raises:
        LedgerError: the database cannot be used.
    """
    before = kept(state)
    with ledger.write() as session:
        if session.get(Course, COURSE) is None:
            access.add_course(session, COURSE, "This machine", now)
        token = before.token.get_secret_value() if before is not None else ""
        if access.identify(session, token, now) is None:
            token = _token(session, now)
    keep(state, Account(url=url, token=SecretStr(token)))


def _token(session: Session, now: datetime) -> str:
    """One for whoever runs this: staff of the course."""
    person = person_id(getpass.getuser())
    access.add_person(session, person, "", now)
    access.enrol(session, COURSE, person, "staff")
    return access.issue_token(session, person, Grant("staff", "grader serve"), now)


def person_id(login: str) -> str:
    """The login name, as far as an id may hold it."""
    return re.sub(r"[^A-Za-z0-9._@+-]", "-", login).lstrip("._@+-")[:64] or "me"
