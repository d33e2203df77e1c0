"""`grader admin person` and `grader admin enrol`."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, get_args

import typer

from grader.cli.admin.opened import JsonOption, ledger, now, show
from grader.cli.output import out
from grader.domain.service import Role
from grader.errors import AccessError

app = typer.Typer(help="People.", no_args_is_help=True)
COLUMNS = ("person", "name", "role")


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
    role: Annotated[Role, typer.Option(help="What they are there.")] = "student",
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
    members = [(person, "", role)] if person else _read(class_list or Path(), role)
    with ledger() as opened, opened.write() as session:
        for login, name, what in members:
            if class_list is not None:
                access.add_person(session, login, name, now())
            access.enrol(session, course, login, what)
    out.print(f"course {course}: {len(members)} enrolled", highlight=False)


def _read(path: Path, usual: Role) -> Sequence[tuple[str, str, Role]]:
    """Every line of the class, or one error that names every wrong one."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        if "person" not in (rows.fieldnames or ()):
            raise AccessError(f"{path}: found the heads {rows.fieldnames}, expected {COLUMNS}")
        members, wrong = [], []
        for row in rows:
            role = (row.get("role") or usual).strip()
            if role in get_args(Role) and row["person"]:
                members.append((row["person"].strip(), (row.get("name") or "").strip(), role))
            else:
                wrong.append(f"line {rows.line_num}: {row['person']!r}, role {role!r}")
    if wrong:
        known = ", ".join(get_args(Role))
        raise AccessError(
            f"{path}: expected a person and one of {known} in every line, found\n"
            + "\n".join(wrong)
        )
    return members  # type: ignore[return-value] # roles were compared above
