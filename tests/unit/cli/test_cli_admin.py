"""`grader admin`, as staff use it: each test begins with an empty state folder."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.cli.admin.opened import now
from grader.cli.app import app
from grader.errors import AccessError
from grader.ledger import Ledger, access, alerts


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRADER_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("GRADER_DATABASE_URL", raising=False)
    return tmp_path


def admin(*words: str) -> str:
    ended = CliRunner().invoke(app, ["admin", *words], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def refused(*words: str) -> str:
    ended = CliRunner().invoke(app, ["admin", *words])
    assert ended.exit_code != 0
    return str(ended.exception) if isinstance(ended.exception, AccessError) else ended.output


def test_a_course_is_made_once() -> None:
    admin("course", "add", "dl", "--title", "Deep learning")
    assert json.loads(admin("course", "list", "--json")) == [{"id": "dl", "title": "Deep learning"}]
    assert "found one of that id" in refused("course", "add", "dl")


def test_an_id_that_is_none_is_refused() -> None:
    assert "expected at most 64 letters" in refused("course", "add", "../etc")


def test_a_class_is_enrolled_from_a_file_as_often_as_one_likes(tmp_path: Path) -> None:
    admin("course", "add", "dl")
    file = tmp_path / "class.csv"
    file.write_text("person,name,role\nada,Ada L.,\nbob,,ta\n")
    for _ in range(2):
        admin("enrol", "dl", "--from", str(file))
    assert json.loads(admin("person", "list", "dl", "--json")) == [
        {"person": "ada", "name": "Ada L.", "role": "student"},
        {"person": "bob", "name": "", "role": "ta"},
    ]


def test_every_wrong_line_of_a_class_is_named_and_nobody_enrolled(tmp_path: Path) -> None:
    admin("course", "add", "dl")
    file = tmp_path / "class.csv"
    file.write_text("person,role\nada,student\nbob,king\n,ta\n")
    said = refused("enrol", "dl", "--from", str(file))
    assert "line 3: 'bob', role 'king'" in said
    assert "line 4: ''" in said
    assert admin("person", "list", "dl") == "none\n"


def test_a_class_without_heads_says_which_it_expects(tmp_path: Path) -> None:
    file = tmp_path / "class.csv"
    file.write_text("ada,student\n")
    assert "expected ('person', 'name', 'role')" in refused("enrol", "dl", "--from", str(file))


def test_a_class_without_roles_leaves_those_who_have_one_as_they_are(tmp_path: Path) -> None:
    admin("course", "add", "dl")
    admin("person", "add", "bob")
    admin("enrol", "dl", "bob", "--role", "ta")
    file = tmp_path / "class.csv"
    file.write_text("person,name\nada,\nbob,Bob\n")
    admin("enrol", "dl", "--from", str(file))
    assert json.loads(admin("person", "list", "dl", "--json")) == [
        {"person": "ada", "name": "", "role": "student"},
        {"person": "bob", "name": "Bob", "role": "ta"},
    ]
    admin("enrol", "dl", "--from", str(file), "--role", "staff")
    assert '"ta"' not in admin("person", "list", "dl", "--json")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("person,name\nada,J\u00f6rg\n".encode("latin-1"), "found byte 22 to be no UTF-8"),
        (b'person\n"' + b"a" * 200_000, "found no CSV"),
        (b"person,name\nada," + b"a" * 201, "(201 characters)"),
        (b"person,name\nada,\x00", "characters that can be printed"),
        (b"person\n" + b"a" * 65, "expected at most 64 letters"),
    ],
)
def test_a_class_that_cannot_be_stored_is_refused_whole(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    admin("course", "add", "dl")
    file = tmp_path / "class.csv"
    heads, _, lines = content.partition(b"\n")
    file.write_bytes(heads + b"\ncem\n" + lines)
    assert expected in refused("enrol", "dl", "--from", str(file))
    assert admin("person", "list", "dl") == "none\n"


def test_who_is_not_there_cannot_be_enrolled() -> None:
    admin("course", "add", "dl")
    assert "person 'ada': found none" in refused("enrol", "dl", "ada")


@pytest.mark.parametrize(
    "words",
    [
        ("course", "add", "dl", "--title", "a" * 201),
        ("person", "add", "ada", "--name", "a\x00"),
        ("token", "create", "cem", "--label", "a\n"),
    ],
)
def test_texts_that_a_database_cannot_hold_are_refused(words: tuple[str, ...]) -> None:
    admin("person", "add", "cem")
    assert "expected at most 200 characters" in refused(*words)


def test_a_token_is_printed_alone_and_only_its_public_part_is_ever_seen_again(
    state: Path,
) -> None:
    admin("person", "add", "ada")
    text = admin("token", "create", "ada", "--role", "ta", "--label", "laptop", "--days", "30")
    assert re.fullmatch(r"grd_[0-9a-f]{12}_[\w-]{43}\n", text)
    (row,) = json.loads(admin("token", "list", "--json"))
    assert (row["person"], row["role"], row["label"]) == ("ada", "ta", "laptop")
    secret = text.strip().rpartition("_")[2]
    kept = b"".join(path.read_bytes() for path in state.iterdir() if path.is_file())
    assert secret.encode() not in kept


def test_a_revoked_token_is_good_for_nothing(state: Path) -> None:
    admin("person", "add", "ada")
    text = admin("token", "create", "ada").strip()
    ledger = Ledger(f"sqlite:///{state / 'grader.db'}")
    with ledger.read() as session:
        assert access.identify(session, text, now())
    admin("token", "revoke", text.split("_")[1])
    with ledger.read() as session:
        assert access.identify(session, text, now()) is None
    ledger.close()


def test_terms_are_set_and_shown() -> None:
    admin("course", "add", "dl")
    words = ["--due", "2026-12-01T23:59+01:00", "--late-percent", "10", "--late-days", "3"]
    admin("offering", "set", "dl", "cnn", *words, "--attempts", "5")
    (row,) = json.loads(admin("offering", "show", "dl", "cnn", "--json"))
    assert row["due"] == "2026-12-01 22:59:00+00:00"
    assert row["attempts"] == 5
    assert json.loads(row["late"]) == {"percent": 10.0, "days": 3}


def test_a_due_time_without_a_zone_is_refused() -> None:
    admin("course", "add", "dl")
    said = refused("offering", "set", "dl", "cnn", "--due", "2026-12-01T23:59")
    assert "names no time zone" in re.sub(r"[\s│]+", " ", said)


def test_a_late_policy_needs_a_due_time() -> None:
    admin("course", "add", "dl")
    assert "needs --due" in refused("offering", "set", "dl", "cnn", "--late-percent", "10")


def test_terms_of_what_cannot_be_an_assignment_or_of_no_course_are_refused() -> None:
    admin("course", "add", "dl")
    assert "id of assignment" in refused("offering", "set", "dl", "a" * 65)
    assert "course 'ml': found none" in refused("offering", "set", "ml", "cnn")


@pytest.mark.parametrize("words", [("--late-days", "9999999"), ("--grace-minutes", "999999999")])
def test_a_time_that_no_calendar_reaches_is_refused(words: tuple[str, str]) -> None:
    admin("course", "add", "dl")
    due = ("--due", "2026-12-01T23:59Z")
    said = refused("offering", "set", "dl", "cnn", *due, *words)
    assert "less than or equal to" in re.sub(r"[\s│]+", " ", said)


def test_alerts_are_listed_until_they_are_over(state: Path) -> None:
    admin("db", "upgrade")
    ledger = Ledger(f"sqlite:///{state / 'grader.db'}")
    with ledger.write() as session:
        alerts.sound(session, "worker_failing", "w1", "the disk is full", now())
    ledger.close()
    (row,) = json.loads(admin("alert", "list", "--json"))
    assert (row["code"], row["subject"]) == ("worker_failing", "w1")
    admin("alert", "resolve", str(row["id"]))
    assert admin("alert", "list") == "none\n"


def test_a_database_is_checked_without_being_changed(state: Path) -> None:
    ended = CliRunner().invoke(app, ["admin", "db", "check"])
    assert ended.exit_code == 4
    assert "grader admin db upgrade" in ended.output
    admin("db", "upgrade")
    assert "as it should be" in admin("db", "check")
