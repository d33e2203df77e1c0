"""Who sees what: a student who tries to reach another's work, in every endpoint."""

import re
from datetime import timedelta

import pytest
from api_house import COURSE, EXERCISE, NOW, House, code

from grader.ledger import access
from grader.ledger.access import Grant
from grader.ledger.people import Membership

OF_A_SUBMISSION = [
    ("GET", ""),
    ("POST", "/cancel"),
    ("POST", "/retry"),
    ("GET", "/report"),
    *(("GET", f"/report.{suffix}") for suffix in ("json", "html", "md", "xml", "txt")),
    ("GET", "/evidence"),
    ("GET", "/notebook"),
    ("GET", "/events"),
]
IN_A_COURSE = [
    ("GET", "/assignments"),
    ("GET", f"/assignments/{EXERCISE}"),
    ("GET", f"/assignments/{EXERCISE}/gradebook"),
    ("GET", f"/assignments/{EXERCISE}/gradebook.json"),
    ("GET", f"/assignments/{EXERCISE}/gradebook.csv"),
    ("POST", f"/assignments/{EXERCISE}/regrades"),
    ("GET", f"/assignments/{EXERCISE}/regrades/{'0' * 32}"),
]
OPEN = {"/healthz", "/readyz", "/metrics"}


def test_every_endpoint_stands_in_these_lists_and_wants_a_token(house: House) -> None:
    """A new endpoint must be tried by the attacker too."""
    known = {("POST", "/api/submissions"), ("GET", "/api/submissions"), ("GET", "/api/me")}
    known |= {("GET", "/api/assignments/{assignment}")}
    known |= {(m, f"/api/submissions/{{submission_id}}{path}") for m, path in OF_A_SUBMISSION}
    known |= {(m, f"/api/courses/{COURSE}{path}") for m, path in IN_A_COURSE}
    shown = {
        (method.upper(), path)
        for path, methods in house.app.openapi()["paths"].items()
        for method in methods
        if path not in OPEN
    }
    filled = {
        (method, path.format(**PLACES) if "submission_id" not in path else path)
        for method, path in shown
    }
    filled -= {("GET", "/api/submissions/{submission_id}/report.{suffix}")}
    known = {(m, p) for m, p in known if "/report." not in p}
    assert filled == {(m, p.replace("{assignment}", EXERCISE)) for m, p in known}
    for method, path in shown:
        answer = house.client.request(method, re.sub(r"\{.*?\}", "x", path))
        assert (answer.status_code, code(answer)) == (401, "not_authenticated"), path
        assert answer.headers["www-authenticate"] == "Bearer"


PLACES = {
    "course": COURSE,
    "assignment": EXERCISE,
    "regrade": "0" * 32,
}


@pytest.mark.parametrize(("method", "path"), OF_A_SUBMISSION)
def test_anothers_submission_is_answered_like_none(house: House, method: str, path: str) -> None:
    identity = house.submitted("ada")
    house.graded(identity)
    for person in ("bob", "bot", "eve", "oleg"):
        theirs = house.client.request(
            method, f"/api/submissions/{identity}{path}", headers=house.headers(person)
        )
        none = house.client.request(
            method, f"/api/submissions/{'0' * 32}{path}", headers=house.headers(person)
        )
        assert (theirs.status_code, code(theirs)) == (404, "no_such_submission")
        assert theirs.content == none.content
        assert dict(theirs.headers) == dict(none.headers)
    assert house.row(identity).state == "graded"


@pytest.mark.parametrize(("method", "path"), IN_A_COURSE)
def test_anothers_course_is_answered_like_none(house: House, method: str, path: str) -> None:
    for person in ("eve", "oleg"):
        theirs = house.client.request(
            method, f"/api/courses/{COURSE}{path}", headers=house.headers(person)
        )
        none = house.client.request(method, f"/api/courses/x{path}", headers=house.headers(person))
        assert (theirs.status_code, code(theirs)) == (404, "no_such_course")
        assert theirs.content == none.content


def test_evidence_grades_and_regrades_are_for_those_who_grade(house: House) -> None:
    identity = house.submitted("ada")
    house.graded(identity)
    mine = f"/api/submissions/{identity}"
    grades = f"/api/courses/{COURSE}/assignments/{EXERCISE}/gradebook"
    regrades = f"/api/courses/{COURSE}/assignments/{EXERCISE}/regrades"
    assert code(house.get("ada", f"{mine}/evidence")) == "not_allowed"
    for person in ("ada", "bot"):
        assert code(house.get(person, grades)) == "not_allowed"
        assert code(house.get(person, f"{regrades}/x")) == "not_allowed"
    for person in ("ada", "bot", "tea"):
        assert code(house.post(person, regrades)) == "not_allowed"
    for person in ("tea", "stan"):
        assert house.get(person, f"{mine}/evidence").status_code == 200
        assert house.get(person, f"{mine}/notebook").status_code == 200
        assert house.get(person, grades).status_code == 200
    assert house.get("ada", f"{mine}/notebook").status_code == 200


def test_a_list_holds_ones_own_and_for_graders_their_courses(house: House) -> None:
    mine, theirs = house.submitted("ada"), house.submitted("bob")

    def seen(person: str, **asked: str) -> set[str]:
        answer = house.get(person, "/api/submissions", params=asked)
        return {found["id"] for found in answer.json()["submissions"]}

    assert seen("ada") == seen("ada", course=COURSE) == {mine}
    assert seen("ada", student="bob") == seen("ada", course=COURSE, student="bob") == set()
    assert seen("tea") == seen("eve") == seen("oleg") == set()
    assert seen("tea", course=COURSE) == seen("stan", course=COURSE) == {mine, theirs}
    assert seen("tea", course=COURSE, student="bob") == {theirs}
    assert code(house.get("oleg", "/api/submissions", params={"course": COURSE})) == (
        "no_such_course"
    )
    assert code(house.get("eve", "/api/submissions", params={"before": mine})) == (
        "no_such_submission"
    )


def test_a_token_is_good_for_no_more_than_it_was_made_for(house: House) -> None:
    identity = house.submitted("ada")
    with house.ledger.write() as session:
        house.tokens["laptop"] = access.issue_token(session, "stan", Grant("student"), NOW)
    assert house.get("stan", f"/api/submissions/{identity}").status_code == 200
    assert code(house.get("laptop", f"/api/submissions/{identity}")) == "no_such_submission"
    assert house.get("laptop", "/api/me").json() == {
        "person": "stan",
        "role": "student",
        "courses": {COURSE: "student"},
    }


def test_a_revoked_or_expired_token_is_good_for_nothing(house: House) -> None:
    with house.ledger.write() as session:
        until = Grant("student", expires_at=NOW + timedelta(hours=1))
        house.tokens["short"] = access.issue_token(session, "ada", until, NOW)
    assert house.get("short", "/api/me").status_code == house.get("ada", "/api/me").status_code
    house.clock.pass_by(hours=2)
    assert code(house.get("short", "/api/me")) == "not_authenticated"
    with house.ledger.write() as session:
        access.revoke(session, house.tokens["ada"].split("_")[1], NOW)
    assert code(house.get("ada", "/api/me")) == "not_authenticated"


def test_who_left_the_course_sees_nothing_of_it(house: House) -> None:
    identity = house.submitted("ada")
    with house.ledger.write() as session:
        session.delete(session.get(Membership, (COURSE, "ada")))
    assert code(house.get("ada", f"/api/submissions/{identity}")) == "no_such_submission"


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer x", "Bearer " + "x" * 100_000, "Bearer \xe9"],
)
def test_what_is_no_token_is_refused(house: House, header: str) -> None:
    answer = house.client.get("/api/me", headers={"Authorization": header.encode("latin-1")})
    assert (answer.status_code, code(answer)) == (401, "not_authenticated")


@pytest.mark.parametrize("name", ["token", "access_token", "Authorization", "api_key"])
def test_a_token_in_an_address_is_refused_even_beside_a_good_one(house: House, name: str) -> None:
    token = house.tokens["ada"]
    answer = house.client.get("/api/me", params={name: token})
    assert (answer.status_code, code(answer)) == (400, "token_in_address")
    assert code(house.get("ada", "/api/me", params={name: token})) == "token_in_address"
    assert token not in answer.text


@pytest.mark.parametrize(
    "identity",
    ["..%2f..%2fgrader.db", "%2e%2e", "x' OR '1'='1", "0" * 31, "0" * 33, "A" * 32, "\u0661" * 32],
)
def test_tricks_in_ids_find_nothing(house: House, identity: str) -> None:
    house.submitted("ada")
    for path in ("", "/notebook", "/report", "/events"):
        answer = house.get("stan", f"/api/submissions/{identity}{path}")
        assert (answer.status_code, code(answer)[:2]) == (404, "no")
