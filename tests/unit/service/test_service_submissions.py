import json
from datetime import timedelta

import pytest
from api_house import COURSE, NOW, TRAINING, House, code, score_report, until

from grader.domain.report import ScoreReport
from grader.ledger import claims, workers
from grader.ledger.claims import Claimant
from grader.ledger.work import Report, Submission
from grader.ledger.workers import Sign

CLAIMANT = Claimant("w", timedelta(seconds=60))


def standing(house: House, person: str, identity: str) -> tuple[int | None, float | None]:
    told = house.get(person, f"/api/submissions/{identity}").json()
    return told["place"], told["expected_wait_seconds"]


def test_places_are_fair_and_waits_follow_from_the_latest_runs(house: House) -> None:
    first = house.submitted("ada", TRAINING)
    house.clock.pass_by(seconds=1)
    second = house.submitted("ada", TRAINING)
    house.clock.pass_by(seconds=1)
    other = house.submitted("bob", TRAINING)
    assert [standing(house, "tea", i) for i in (first, other, second)] == [
        (1, None),
        (2, None),
        (3, None),
    ]
    house.graded(house.submitted("bob"))
    with house.ledger.write() as session:
        workers.report(session, Sign("w", ("cpu", "fast"), 2, "ok"), house.clock())
    assert [standing(house, "tea", i) for i in (first, other, second)] == [
        (1, 0.0),
        (2, 0.0),
        (3, 6.2),
    ]
    with house.ledger.write() as session:
        claims.claim(session, "cpu", CLAIMANT, house.clock())
    assert standing(house, "tea", first) == (None, None)
    assert standing(house, "tea", other) == (1, 0.0)


def test_slots_that_grade_another_lane_are_not_free(house: House) -> None:
    house.graded(house.submitted("bob"))
    training, quick = house.submitted("ada", TRAINING), house.submitted("ada")
    with house.ledger.write() as session:
        workers.report(session, Sign("w", ("fast", "cpu"), 1, "ok"), house.clock())
    assert standing(house, "tea", quick) == (1, 0.0)
    with house.ledger.write() as session:
        claims.claim(session, "cpu", CLAIMANT, house.clock())
    assert standing(house, "tea", training) == (None, None)
    assert standing(house, "tea", quick) == (1, 12.5)


def test_what_is_graded_tells_its_points_and_no_place(house: House) -> None:
    identity = house.submitted()
    house.graded(identity, score_report(8.5))
    told = house.get("ada", f"/api/submissions/{identity}").json()
    assert (told["state"], told["place"]) == ("graded", None)
    assert (told["score"]["earned"], told["score"]["possible"]) == (8.5, 10)


def test_a_long_list_comes_in_pages_newest_first(house: House) -> None:
    made = []
    for _ in range(5):
        made.append(house.submitted())
        house.clock.pass_by(seconds=1)
    path, seen, before = "/api/submissions", [], {}
    while True:
        page = house.get("ada", path, params={"limit": "2", **before}).json()
        seen += [found["id"] for found in page["submissions"]]
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert seen == made[::-1]
    house.change(made[0], state="cancelled")
    only = house.get("ada", path, params={"state": "cancelled"}).json()
    assert [found["id"] for found in only["submissions"]] == made[:1]


def test_cancelling_what_waits_spends_no_attempt_and_what_runs_does(house: House) -> None:
    house.offer(max_attempts=1)
    waits = house.submitted()
    assert house.post("ada", f"/api/submissions/{waits}/cancel").json()["state"] == "cancelled"
    runs = house.submitted()
    with house.ledger.write() as session:
        held = claims.claim(session, "fast", CLAIMANT, NOW)
    assert held is not None
    assert held.id == runs
    told = house.post("ada", f"/api/submissions/{runs}/cancel").json()
    assert (told["state"], told["counts"]) == ("cancelled", True)
    with house.ledger.write() as session:
        assert not claims.renew(session, Submission, held, NOW, CLAIMANT.lease)
    assert code(house.upload()) == "no_attempts_left"
    again = house.post("ada", f"/api/submissions/{runs}/cancel")
    assert (again.status_code, code(again)) == (409, "already_final")


def test_what_we_failed_at_is_graded_again_when_its_owner_asks(house: House) -> None:
    identity = house.submitted()
    until(lambda: house.row(identity).sent_at)
    house.change(
        identity, state="not_graded", counts=False, failures=3, reason="worker_lost", message="Ours"
    )
    told = house.get("ada", f"/api/submissions/{identity}").json()
    assert (told["reason"], told["message"], told["counts"]) == ("worker_lost", "Ours", False)
    again = house.post("ada", f"/api/submissions/{identity}/retry").json()
    assert (again["state"], again["counts"], again["reason"]) == ("queued", True, None)
    until(lambda: house.queue.messages == [("fast", identity)] * 2)
    refused = house.post("ada", f"/api/submissions/{identity}/retry")
    assert (refused.status_code, code(refused)) == (409, "not_ours")


def test_another_try_needs_an_attempt_that_is_left(house: House) -> None:
    house.offer(max_attempts=1)
    identity = house.submitted()
    house.change(identity, state="not_graded", counts=False)
    house.submitted()
    assert code(house.post("ada", f"/api/submissions/{identity}/retry")) == "no_attempts_left"
    assert house.post("tea", f"/api/submissions/{identity}/retry").status_code == 200


FORMS = {
    "json": "application/json",
    "html": "text/html",
    "md": "text/markdown",
    "xml": "application/xml",
    "txt": "text/plain",
}


@pytest.mark.parametrize(("suffix", "media"), FORMS.items())
def test_a_report_comes_in_every_form_by_suffix_and_by_accept(
    house: House, suffix: str, media: str
) -> None:
    identity = house.submitted()
    house.graded(identity)
    path = f"/api/submissions/{identity}/report"
    by_suffix = house.get("ada", f"{path}.{suffix}")
    by_accept = house.get("ada", path, headers={"Accept": f"image/png, {media}, */*;q=0.1"})
    assert by_suffix.headers["content-type"] == f"{media}; charset=utf-8"
    assert by_suffix.content == by_accept.content
    assert "Convolutional networks" in by_suffix.text


def test_a_report_that_another_version_wrote_is_told_as_such(house: House) -> None:
    identity = house.submitted()
    house.graded(identity)
    with house.ledger.write() as session:
        session.query(Report).one().body = '{"schema_version": 0}'
    answer = house.get("ada", f"/api/submissions/{identity}/report.html")
    assert (answer.status_code, code(answer)) == (409, "other_version")
    assert house.get("ada", f"/api/submissions/{identity}").status_code == 200


def test_a_report_as_json_is_the_report(house: House) -> None:
    identity = house.submitted()
    house.graded(identity)
    answer = house.get("ada", f"/api/submissions/{identity}/report", headers={"Accept": "*/*"})
    assert ScoreReport.model_validate_json(answer.content) == score_report()


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/json;q=0, */*", "text/html"),
        ("text/html;q=0, text/*", "text/markdown"),
        ("text/*;q=0, application/json;q=0, */*", "application/xml"),
        ("text/*;q=0, text/plain, */*;q=0.1", "text/plain"),
        ("*/*;q=0.1, text/html;q=0, application/json;q=0.0", "text/markdown"),
    ],
)
def test_a_form_that_is_refused_by_name_does_not_come_by_a_wildcard(
    house: House, accept: str, media: str
) -> None:
    identity = house.submitted()
    house.graded(identity)
    answer = house.get("ada", f"/api/submissions/{identity}/report", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith(media)


def test_an_accept_that_takes_none_of_our_forms_is_told(house: House) -> None:
    identity = house.submitted()
    house.graded(identity)
    path = f"/api/submissions/{identity}/report"
    for accept in ("image/png", "text/html;q=0", "", "text/html;q=x", ";;,,//"):
        assert code(house.get("ada", path, headers={"Accept": accept})) == "not_acceptable"
    assert code(house.get("ada", f"{path}.pdf")) == "invalid_request"


def test_a_report_in_html_runs_nothing_whatever_a_name_says(house: House) -> None:
    identity = house.submitted()
    house.graded(identity, score_report(name="<script>alert(1)</script>"))
    answer = house.get("ada", f"/api/submissions/{identity}/report.html")
    assert "<script" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_before_there_is_a_report_there_is_none(house: House) -> None:
    identity = house.submitted()
    assert code(house.get("ada", f"/api/submissions/{identity}/report.json")) == "no_report"
    assert code(house.get("tea", f"/api/submissions/{identity}/evidence")) == "no_evidence"


def test_evidence_is_the_tar_that_was_kept(house: House) -> None:
    identity = house.submitted()
    house.graded(identity)
    answer = house.get("stan", f"/api/submissions/{identity}/evidence")
    assert answer.content == b"the evidence"
    assert answer.headers["content-type"] == "application/x-tar"


def test_two_courses_of_a_person_are_told_apart(house: House) -> None:
    assert house.get("eve", "/api/me").json()["courses"] == {"nlp": "student"}
    assert house.get("ada", "/api/me").json()["courses"] == {COURSE: "student"}
    assert json.loads(house.get("ada", "/api/assignments/cnn").text)["possible"] == 10
    assert code(house.get("ada", "/api/assignments/rnn")) == "unknown_assignment"
