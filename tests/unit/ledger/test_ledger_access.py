"""Who somebody is, and what they may do in a course."""

import pytest
from ledger_rows import NOW, later

from grader.domain.late import LatePolicy
from grader.domain.service import Role
from grader.errors import AccessError
from grader.ledger import Ledger, access, offerings, publish, regrades, views
from grader.ledger.access import Grant, Identity
from grader.ledger.offerings import Terms
from grader.ledger.people import Token
from grader.ledger.views import Filter


def test_a_token_says_whose_it_is_and_the_database_holds_it_nowhere(ledger: Ledger) -> None:
    with ledger.write() as session:
        text = access.issue_token(session, "ada", Grant("ta"), NOW)
        found = access.identify(session, text, NOW)
        row = session.query(Token).one()
    assert found == Identity("ada", "ta", row.id)
    assert text not in (row.digest, row.id, row.label)
    assert row.id in text


@pytest.mark.parametrize(
    "change", [str.upper, lambda t: t[:-1], lambda t: t + "a", lambda t: t[1:], lambda _: ""]
)
def test_what_is_nearly_a_token_is_none(ledger: Ledger, change: object) -> None:
    with ledger.write() as session:
        text = access.issue_token(session, "ada", Grant("student"), NOW)
        assert callable(change)
        assert access.identify(session, change(text), NOW) is None


def test_a_token_is_good_until_it_expires(ledger: Ledger) -> None:
    with ledger.write() as session:
        text = access.issue_token(session, "ada", Grant("student", expires_at=later(60)), NOW)
        assert access.identify(session, text, later(59))
        assert access.identify(session, text, later(60)) is None


def test_a_revoked_token_stays_revoked_since_the_first_time(ledger: Ledger) -> None:
    with ledger.write() as session:
        text = access.issue_token(session, "ada", Grant("student"), NOW)
        public = text.split("_")[1]
        access.revoke(session, public, later(1))
        access.revoke(session, public, later(9))
        assert access.identify(session, text, later(2)) is None
        assert session.get_one(Token, public).revoked_at == later(1)


@pytest.mark.parametrize(
    ("member", "token", "expected"),
    [
        ("staff", "staff", "staff"),
        ("staff", "student", "student"),
        ("student", "staff", "student"),
        ("ta", "staff", "ta"),
        ("ci", "ci", "ci"),
        ("staff", "ci", "ci"),
    ],
)
def test_a_caller_is_the_lesser_of_member_and_token(
    ledger: Ledger, member: Role, token: Role, expected: Role
) -> None:
    with ledger.write() as session:
        access.enrol(session, "dl", "ada", member)
        assert access.role_in(session, Identity("ada", token, "x"), "dl") == expected


def test_who_is_no_member_is_nobody_there(ledger: Ledger) -> None:
    with ledger.write() as session:
        access.add_course(session, "other", "Other", NOW)
        assert access.role_in(session, Identity("ada", "staff", "x"), "other") is None
        assert access.role_in(session, Identity("ada", "staff", "x"), "none") is None


@pytest.mark.parametrize("text", ["", "\x00", "d\x00l", "\ud800", "a" * 65, "d l"])
def test_what_cannot_be_an_id_is_asked_of_no_database(ledger: Ledger, text: str) -> None:
    with ledger.read() as session:
        assert access.role_in(session, Identity("ada", "staff", "x"), text) is None
        assert publish.card(session, text) is None
        assert regrades.progress(session, text) is None
        for by in (Filter(course_id=text), Filter(assignment_id=text), Filter(student_id=text)):
            assert views.listed(session, by, None, 10) == []


def test_only_who_is_there_gets_a_token(ledger: Ledger) -> None:
    with ledger.write() as session, pytest.raises(AccessError, match="person 'eve': found none"):
        access.issue_token(session, "eve", Grant("student"), NOW)


def test_terms_that_were_never_set_are_without_limit(ledger: Ledger) -> None:
    with ledger.read() as session:
        assert offerings.offering(session, "dl", "cnn") == Terms()


def test_terms_are_kept_as_they_were_set_last(ledger: Ledger) -> None:
    terms = Terms(NOW, later(60), LatePolicy(percent=10, days=3), 5)
    with ledger.write() as session:
        offerings.offer(session, "dl", "cnn", Terms(max_attempts=1))
        offerings.offer(session, "dl", "cnn", terms)
        assert offerings.offering(session, "dl", "cnn") == terms
