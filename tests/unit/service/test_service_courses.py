import csv
from datetime import timedelta

from api_house import COURSE, EXERCISE, NOW, House, code, score_report, until

from grader.domain.late import LatePolicy
from grader.ledger import access, offerings
from grader.ledger.offerings import Terms
from grader.ledger.work import RegradeItem

HERE = f"/api/courses/{COURSE}/assignments/{EXERCISE}"


def test_an_assignment_is_told_with_its_terms_and_spent_attempts(house: House) -> None:
    house.offer(due_at=NOW + timedelta(days=1), max_attempts=3, late=LatePolicy(percent=20))
    house.submitted("ada")
    found = house.get("ada", HERE).json()
    assert (found["attempts"], found["max_attempts"]) == (1, 3)
    assert found["due_at"] == "2026-11-24T12:00:00Z"
    assert found["late"]["percent"] == 20
    assert found["card"]["problems"][0]["points"] == 10
    assert house.get("bob", f"/api/courses/{COURSE}/assignments").json()[0]["attempts"] == 0
    assert code(house.get("ada", f"/api/courses/{COURSE}/assignments/rnn")) == "unknown_assignment"


def test_the_gradebook_takes_the_best_or_the_latest_and_says_which(house: House) -> None:
    for earned in (5, 9, 9, 6):
        identity = house.submitted("ada")
        house.graded(identity, score_report(earned))
        house.clock.pass_by(minutes=1)
    house.submitted("bob")
    best = house.get("tea", f"{HERE}/gradebook").json()
    assert best["rule"] == "best"
    ada, bob = best["grades"]
    assert (ada["student_id"], ada["earned"], ada["submissions"]) == ("ada", 9, 4)
    assert ada["received_at"] == "2026-11-23T12:01:00+00:00"
    assert (bob["earned"], bob["submissions"], bob["status"]) == (None, 1, None)
    latest = house.get("tea", f"{HERE}/gradebook.json", params={"rule": "latest"}).json()
    assert (latest["rule"], latest["grades"][0]["earned"]) == ("latest", 6)
    assert house.get("tea", f"{HERE}/gradebook", params={"rule": "worst"}).status_code == 422


def test_the_gradebook_for_spreadsheets_holds_no_formula(house: House) -> None:
    with house.ledger.write() as session:
        access.add_person(session, "ada", "=cmd|' /C calc'!A0", NOW)
    house.graded(house.submitted("ada"), score_report(7.25))
    answer = house.get("stan", f"{HERE}/gradebook.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    ada, bob = csv.DictReader(answer.text.splitlines())
    assert ada["name"].startswith("'=")
    assert (ada["rule"], ada["earned"], ada["status"]) == ("best", "7.25", "graded")
    assert (bob["earned"], bob["status"]) == ("", "no_report")


def test_a_regrade_asks_for_every_graded_submission_and_tells_what_changes(house: House) -> None:
    mine, theirs = house.submitted("ada"), house.submitted("bob")
    house.graded(mine, score_report(5))
    house.graded(theirs, score_report(6))
    house.submitted("ada")
    until(lambda: len(house.queue.messages) == 3)
    answer = house.post("stan", f"{HERE}/regrades")
    begun = answer.json()
    assert (answer.status_code, begun["apply"], begun["done"]) == (202, False, False)
    assert begun["states"] == {"queued": 2}
    until(lambda: [lane for lane, _ in house.queue.messages].count("regrade") == 2)
    running = house.post("stan", f"{HERE}/regrades", params={"apply": True})
    assert (running.status_code, code(running)) == (409, "regrade_runs")
    with house.ledger.write() as session:
        for item in session.query(RegradeItem):
            item.state, item.after = "graded", 6
    told = house.get("tea", answer.headers["location"]).json()
    assert (told["done"], told["changed"], told["asked_by"]) == (True, 1, "stan")
    assert [(i["student"], i["before"], i["after"]) for i in told["items"]] == [
        ("ada", 5, 6),
        ("bob", 6, 6),
    ]
    applied = house.post("stan", f"{HERE}/regrades", params={"apply": True})
    assert applied.json()["apply"] is True
    assert applied.json()["states"] == {"queued": 2}


def test_a_regrade_is_found_only_where_it_belongs(house: House) -> None:
    house.graded(house.submitted("ada"))
    identity = house.post("stan", f"{HERE}/regrades").json()["id"]
    elsewhere = f"/api/courses/{COURSE}/assignments/rnn/regrades/{identity}"
    assert code(house.get("stan", elsewhere)) == "no_such_regrade"
    assert code(house.get("stan", f"{HERE}/regrades/{'0' * 32}")) == "no_such_regrade"
    assert code(house.post("stan", f"/api/courses/{COURSE}/assignments/rnn/regrades")) == (
        "unknown_assignment"
    )


def test_what_a_course_does_not_offer_is_shown_to_its_graders_alone(house: House) -> None:
    with house.ledger.write() as session:
        offerings.offer(session, COURSE, "rnn", Terms())
    for address in (HERE, f"/api/assignments/{EXERCISE}"):
        for student in ("ada", "bot"):
            assert code(house.get(student, address)) == "unknown_assignment"
        assert house.get("tea", address).status_code == 200
    everything = f"/api/courses/{COURSE}/assignments"
    assert [len(house.get(who, everything).json()) for who in ("ada", "tea")] == [0, 1]
    assert house.get("eve", f"/api/assignments/{EXERCISE}").status_code == 200
