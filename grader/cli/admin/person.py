"""`grader admin person` and `grader admin enrol`."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, get_args

import typer

from grader.cli.admin.opened import JsonOption, ledger, now, show
from grader.cli.output import out
from grader.domain.service import Role
from grader.errors import AccessError

app = typer.Typer(help="People.", no_args_is_help=True)
COLUMNS = ("person", "name", "role")
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Member:
    """A line of a class; `role` None: what they are already, and a student who is new."""

    person: str
    name: str
    role: Role | None


@app.command()
def add(
    person: Annotated[str, typer.Argument(help="Login name.")],
    name: Annotated[str, typer.Option(help="Name for people.")] = "",
) -> None:
    """Make a person, or give one another name."""
    from grader.ledger import access

    with ledger() as opened, opened.write() as session:
        access.add_person(session, person, name, now())
    out.print(f"person {person}: there", highlight=False)


@app.command("list")
def list_(
    course: Annotated[str, typer.Argument(help="Id of a course.")], as_json: JsonOption = False
) -> None:
    """The members of a course."""
    from grader.ledger import access

    with ledger() as opened, opened.read() as session:
        members = access.people(session, course)
    rows = [{"person": p.id, "name": p.name, "role": role} for p, role in members]
    show(rows, as_json=as_json)


def enrol(
    course: Annotated[str, typer.Argument(help="Id of a course.")],
    person: Annotated[str | None, typer.Argument(help="Login name of somebody.")] = None,
    role: Annotated[
        Role | None,
        typer.Option(
            help="What they are there; left out: what they are already, a student who is new."
        ),
    ] = None,
    class_list: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="A class: CSV with a line of heads, person,name,role; name and role may be left "
            "out. People are made where they are not there; nobody is removed.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Make somebody, or a whole class, members of a course."""
    from grader.ledger import access

    if (person is None) == (class_list is None):
        raise typer.BadParameter("expected either a person or --from a file")
    members = [Member(person, "", role)] if person else _read(class_list or Path(), role)
    with ledger() as opened, opened.write() as session:
        for member in members:
            if class_list is not None:
                access.add_person(session, member.person, member.name, now())
            access.enrol(session, course, member.person, member.role)
    out.print(f"course {course}: {len(members)} enrolled", highlight=False)


def _read(path: Path, usual: Role | None) -> Sequence[Member]:
    """Every line of the class, or one error that names every wrong one."""
    members, wrong = [], []
    for number, row in _rows(path):
        person, role = (row["person"] or "").strip(), (row.get("role") or "").strip() or usual
        if person and (role is None or role in ROLES):
            members.append(Member(person, (row.get("name") or "").strip(), _role(role)))
        else:
            wrong.append(f"line {number}: {person!r}, role {role!r}")
    if wrong:
        raise AccessError(
            f"{path}: expected a person and one of {', '.join(ROLES)} in every line, found\n"
            + "\n".join(wrong)
        )
    return members


def _rows(path: Path) -> Sequence[tuple[int, dict[str, str | None]]]:
    """Every line by its heads, with its number in the file."""
    try:
        rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
        if "person" not in (rows.fieldnames or ()):
            raise AccessError(f"{path}: found the heads {rows.fieldnames}, expected {COLUMNS}")
        return [(rows.line_num, row) for row in rows]
    except csv.Error as error:
        raise AccessError(f"{path}: found no CSV ({error}), expected {COLUMNS}") from error
    except UnicodeDecodeError as error:
        raise AccessError(
            f"{path}: found byte {error.start + 1} to be no UTF-8, expected a CSV in UTF-8;"
            " spreadsheets call it `CSV UTF-8`"
        ) from error


def _role(text: str | None) -> Role | None:
    role: Role | None = text  # type: ignore[assignment] # `_read` compared it with the roles
    return role
