import asyncio
import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from api_house import BOUNDS, COURSE, EXERCISE, NOW, TRAINING, House, code, notebook, until
from starlette.requests import Request
from starlette.types import Message

from grader.domain.late import LatePolicy
from grader.errors import StoreError
from grader.ledger import offerings, workers
from grader.ledger.offerings import Terms
from grader.ledger.work import Submission
from grader.ledger.workers import Sign
from grader.service.body import received
from grader.service.rates import AtOnce


def test_an_upload_waits_in_its_lane_and_the_workers_are_told(house: House) -> None:
    answer = house.upload("ada", notebook("x = 1"), name="exercise.ipynb")
    assert answer.status_code == 202
    told = answer.json()
    assert (told["state"], told["lane"], told["place"]) == ("queued", "fast", 1)
    assert (told["student"], told["course"], told["name"]) == ("ada", COURSE, "exercise.ipynb")
    assert answer.headers["location"] == f"/api/submissions/{told['id']}"
    assert house.blobs.notebook(told["sha256"]) == notebook("x = 1")
    until(lambda: house.row(told["id"]).sent_at)
    assert house.queue.messages == [("fast", told["id"])]


def test_the_digests_that_are_kept_are_those_of_the_bytes_and_of_the_code(house: House) -> None:
    data = notebook("a = 1", metadata={"title": "other"})
    one, two = house.submitted("ada", data), house.submitted("bob", notebook("a = 1"))
    assert house.row(one).sha256 == hashlib.sha256(data).hexdigest() != house.row(two).sha256
    assert house.row(one).code_sha256 == house.row(two).code_sha256


def test_a_notebook_that_trains_takes_the_gpu_lane_where_a_worker_serves_it(house: House) -> None:
    def lane() -> str:
        return house.row(house.submitted("ada", TRAINING)).lane

    assert lane() == "cpu"
    with house.ledger.write() as session:
        workers.report(session, Sign("w", ("gpu",), 1, "ok"), house.clock())
    assert lane() == "gpu"
    house.clock.pass_by(minutes=3)
    assert lane() == "cpu"


def test_a_broker_that_is_gone_refuses_no_upload(house: House) -> None:
    house.queue.broken = True
    identity = house.submitted()
    assert house.row(identity).state == "queued"
    assert house.row(identity).sent_at is None


def test_an_upload_sent_twice_under_a_key_is_one_submission(house: House) -> None:
    first = house.upload(key="k1")
    again = house.upload(key="k1")
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]
    assert len(house.rows()) == 1
    other = house.upload(data=notebook("y"), key="k1")
    assert (other.status_code, code(other)) == (409, "key_reused")
    assert house.upload("bob", key="k1").status_code == 202


def test_a_key_is_visible_ascii_of_bounded_length(house: House) -> None:
    for key in ("", "a b", "x" * 256):
        assert code(house.upload(key=key)) == "bad_key"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"{}", "not_a_notebook"),
        (b"PK\x03\x04", "zip"),
        (b"[" * 10_000, "too_deep"),
        (b'{"cells": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "too_deep"),
        (b'{"metadata": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001, "too_deep"),
        (notebook("x = 1")[:-20], "truncated"),
        (notebook(metadata={"kernelspec": {"language": "R"}}), "not_python"),
    ],
)
def test_what_is_no_notebook_is_refused_with_its_code_and_spends_nothing(
    house: House, data: bytes, expected: str
) -> None:
    house.offer(max_attempts=1)
    answer = house.upload(data=data)
    assert (answer.status_code, code(answer)) == (422, expected)
    assert "No attempt was spent" in answer.json()["detail"]
    assert house.upload().status_code == 202


def test_attempts_are_counted_by_student_and_not_those_where_we_failed(house: House) -> None:
    house.offer(max_attempts=2)
    first = house.submitted()
    house.submitted()
    refused = house.upload()
    assert (refused.status_code, code(refused)) == (403, "no_attempts_left")
    assert house.upload("bob").status_code == 202
    house.change(first, state="not_graded", counts=False)
    assert house.upload().status_code == 202
    assert code(house.upload()) == "no_attempts_left"


@pytest.mark.parametrize(("size", "on_disk"), [(2_000_000, True), (1_000, False)])
def test_a_large_upload_lies_on_disk_and_not_in_memory(size: int, on_disk: bool) -> None:
    files = {"notebook": ("a.ipynb", bytes(size))}
    sent = httpx.Request("POST", "http://t", files=files, data={"course": "c", "assignment": "a"})
    scope = {"type": "http", "headers": [(k.lower(), v) for k, v in sent.headers.raw]}

    async def receive() -> Message:
        return {"type": "http.request", "body": sent.read()}

    async def read() -> bool:
        bounds = replace(BOUNDS, upload_bytes=3_000_000)
        async with received(Request(scope, receive), bounds) as form:
            return not form.notebook._in_memory

    assert asyncio.run(read()) is on_disk


def test_an_assignment_opens_and_ends_with_its_late_policy(house: House) -> None:
    late = LatePolicy(percent=10, days=2)
    house.offer(opens_at=NOW + timedelta(days=1), due_at=NOW + timedelta(days=5), late=late)
    assert code(house.upload()) == "not_open"
    house.clock.pass_by(days=7)
    assert house.upload().status_code == 202
    house.clock.pass_by(seconds=1)
    assert code(house.upload()) == "closed"


def test_what_had_come_in_time_is_in_time_however_long_it_is_read_and_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = NOW + timedelta(hours=1)
    house.offer(due_at=due, late=LatePolicy(percent=10, days=1))
    keeps = house.blobs.put_notebook

    def slowly(sha256: str, data: bytes) -> None:
        keeps(sha256, data)
        house.clock.pass_by(days=3)

    monkeypatch.setattr(house.blobs, "put_notebook", slowly)
    answer = house.upload()
    assert answer.status_code == 202
    assert datetime.fromisoformat(answer.json()["received_at"]) == NOW < due
    assert code(house.upload("bob")) == "closed"


def test_late_ones_are_taken_without_end_where_no_policy_ends_them(house: House) -> None:
    house.offer(due_at=NOW - timedelta(days=300))
    assert house.upload().status_code == 202


@pytest.mark.parametrize("person", ["tea", "stan", "bot"])
def test_times_and_attempts_do_not_bind_those_who_try_the_exercise(
    house: House, person: str
) -> None:
    house.offer(opens_at=NOW + timedelta(days=1), max_attempts=0)
    assert house.upload(person).status_code == 202
    assert code(house.upload("ada")) == "not_open"


def test_an_unknown_assignment_or_course_is_told(house: House) -> None:
    assert code(house.upload(assignment="rnn")) == "unknown_assignment"
    assert code(house.upload(course="nlp")) == code(house.upload(course="none")) == "no_such_course"


def test_what_is_no_such_form_is_refused(house: House) -> None:
    path, files = "/api/submissions", {"notebook": ("a.ipynb", notebook())}
    fields = {"course": COURSE, "assignment": EXERCISE}
    assert code(house.post("ada", path, json=fields)) == "not_multipart"
    assert code(house.post("ada", path, files=files)) == "broken_upload"
    assert code(house.post("ada", path, files=files, data={"course": COURSE})) == "broken_upload"
    text = {"notebook": "{}"}
    assert code(house.post("ada", path, files={"x": ("a", b"")}, data=fields | text)) == (
        "broken_upload"
    )
    two = [("notebook", ("a", b"{}")), ("notebook", ("b", b"{}"))]
    assert code(house.post("ada", path, files=two, data=fields)) == "broken_upload"
    long = fields | {"course": "c" * 2_000}
    assert code(house.post("ada", path, files=files, data=long)) == "broken_upload"
    broken = {"Content-Type": "multipart/form-data; boundary=b"}
    assert code(house.post("ada", path, content=b"--b\r\nnonsense", headers=broken)) == (
        "broken_upload"
    )


def test_the_files_of_the_service_that_are_gone_are_told_as_ours(
    house: House, tmp_path: Path
) -> None:
    (tmp_path / "files").write_text("no folder")
    answer = house.upload()
    assert (answer.status_code, code(answer)) == (503, "files_unavailable")
    assert answer.headers["retry-after"].isdecimal()
    assert house.rows() == []


def test_the_file_of_a_refused_upload_is_not_kept(house: House) -> None:
    with house.ledger.write() as session:
        offerings.offer(
            session, COURSE, EXERCISE, Terms(opens_at=house.clock() + timedelta(days=1))
        )
    data = notebook("too_early = 1")
    assert code(house.upload("ada", data)) == "not_open"
    with pytest.raises(StoreError):
        house.blobs.notebook(hashlib.sha256(data).hexdigest())


def test_a_student_retries_what_we_gave_up_so_often_and_staff_oftener(house: House) -> None:
    identity = house.submitted("ada")

    def retried(by: str) -> int:
        with house.ledger.write() as session:
            session.get_one(Submission, identity).state = "not_graded"
        return house.post(by, f"/api/submissions/{identity}/retry").status_code

    assert [retried("ada") for _ in range(4)] == [200, 200, 200, 403]
    assert retried("stan") == 200


def test_so_many_uploads_may_be_under_way_and_no_more() -> None:
    room = AtOnce(of_one=2, of_all=3)
    with room.one_more("a") as first, room.one_more("a") as second, room.one_more("a") as third:
        assert (first, second, third) == (True, True, False)
        with room.one_more("b") as other, room.one_more("c") as one_too_many:
            assert (other, one_too_many) == (True, False)
    with room.one_more("a") as again:
        assert again
