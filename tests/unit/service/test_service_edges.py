"""What an attacker sends: sizes, slowness, names; and how errors and browsers are told."""

import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Semaphore
from time import monotonic

import pytest
import structlog
from api_house import BOUNDS, COURSE, EXERCISE, House, code, notebook, until
from sqlalchemy import Connection, event

from grader.domain.report import ScoreReport
from grader.errors import LedgerError
from grader.service import downloads, uploads
from grader.service.rates import Rate
from grader.service.service import REPORTS_OF_ONE


def test_the_api_needs_no_torch(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "sys.modules.update(torch=None, torchvision=None)\n"
        "from grader.service.app import create_app\n"
        "from grader.cli.app import app\n"
        "create_app().openapi()\n"
        "assert sys.modules['torch'] is None\n"
    )
    variables = {"GRADER_STATE_DIR": str(tmp_path), "GRADER_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **variables},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


def test_a_notebook_that_is_too_large_is_refused(house: House) -> None:
    answer = house.upload(data=notebook("x" * 130_000))
    assert (answer.status_code, code(answer)) == (413, "too_large")
    between = notebook("x" * 105_000)
    assert code(house.upload(data=between)) == "too_large"
    assert house.upload(data=notebook("x" * 90_000)).status_code == 202
    assert len(house.rows()) == 1


def _post(address: str, house: House, length: str) -> tuple[socket.socket, bytes]:
    """A connection that has begun an upload."""
    host, port = address.removeprefix("http://").split(":")
    line = "\r\n"
    head = (
        f"POST /api/submissions HTTP/1.1{line}Host: x{line}{length}{line}"
        f"Authorization: Bearer {house.tokens['ada']}{line}"
        f"Content-Type: multipart/form-data; boundary=b{line}{line}"
    )
    connection = socket.create_connection((host, int(port)), timeout=20)
    connection.sendall(head.encode())
    begin = b'--b\r\nContent-Disposition: form-data; name="notebook"; filename="a"\r\n\r\n'
    return connection, begin


def test_an_endless_upload_is_refused_as_soon_as_it_is_too_large(house: House) -> None:
    with house.listening() as address:
        connection, begin = _post(address, house, "Transfer-Encoding: chunked")
        sent = 0
        with connection:
            connection.sendall(b"%x\r\n%s\r\n" % (len(begin), begin))
            try:
                while sent < 100 * BOUNDS.upload_bytes:
                    connection.sendall(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
                    sent += 10_000
            except OSError:
                pass
            answer = _answer(connection)
    assert b" 413 " in answer or sent < 100 * BOUNDS.upload_bytes
    assert house.rows() == []


def test_a_header_that_says_too_much_is_believed_before_the_body_comes(house: House) -> None:
    with house.listening() as address:
        connection, _ = _post(address, house, "Content-Length: 99999999999")
        with connection:
            assert b" 413 " in _answer(connection)


def test_a_slow_upload_is_refused_in_time(tmp_path: Path) -> None:
    house = House(tmp_path, bounds=BOUNDS.__class__(upload_seconds=0.3))
    house.fill()
    with house.listening() as address:
        connection, begin = _post(address, house, "Content-Length: 1000")
        with connection:
            connection.sendall(begin)
            began = monotonic()
            answer = _answer(connection)
    assert b" 408 " in answer
    assert b"too_slow" in answer
    assert monotonic() - began < 15
    house.ledger.close()


def test_large_notebooks_that_come_at_once_are_all_read(tmp_path: Path) -> None:
    """The third has nothing in its lock's place that the first left there when it was refused."""
    house = House(tmp_path, bounds=BOUNDS.__class__())
    house.fill()
    large = notebook("x", metadata={"saved": "x" * uploads.HEAVY})
    with house.client, ThreadPoolExecutor(3) as pool:
        wanted = (("ada", large[:-5]), ("bob", large), ("tea", large))
        sent = [pool.submit(house.upload, person, data) for person, data in wanted]
        found = [answer.result().status_code for answer in sent]
    assert sorted(found) == [202, 202, 422]
    house.ledger.close()


def test_one_who_hands_in_many_large_notebooks_is_no_queue_before_everybody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path, bounds=BOUNDS.__class__())
    house.fill()
    keeps, begun, goes_on = house.blobs.put_notebook, Event(), Event()

    def slowly(sha256: str, data: bytes) -> None:
        begun.set()
        assert goes_on.wait(20)
        keeps(sha256, data)

    monkeypatch.setattr(house.blobs, "put_notebook", slowly)
    large = notebook("x", metadata={"saved": "x" * uploads.HEAVY})
    with house.client, ThreadPoolExecutor(3) as pool:
        first = pool.submit(house.upload, "ada", large)
        assert begun.wait(20)
        others = pool.submit(house.upload, "bob", large)
        assert code(house.upload("ada", large)) == "too_many_uploads"
        goes_on.set()
        assert [each.result().status_code for each in (first, others)] == [202, 202]
        assert house.upload("ada", large).status_code == 202
    house.ledger.close()


def test_one_who_asks_for_many_reports_at_once_leaves_threads_for_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = house.submitted()
    house.graded(identity)
    begun, goes_on = Semaphore(0), Event()

    def slowly(_: ScoreReport) -> str:
        begun.release()
        assert goes_on.wait(20)
        return "slow"

    monkeypatch.setitem(downloads._FORMS, "txt", downloads._Form("text/plain", slowly))
    path = f"/api/submissions/{identity}/report.txt"
    with ThreadPoolExecutor(60) as pool:
        try:
            asked = [pool.submit(house.get, "ada", path) for _ in range(60)]
            assert all(begun.acquire(timeout=20) for _ in range(REPORTS_OF_ONE))
            assert house.get("bob", "/api/me").status_code == 200
            until(lambda: sum(each.done() for each in asked) == 60 - REPORTS_OF_ONE)
        finally:
            goes_on.set()
        found = [each.result() for each in asked]
    assert sum(answer.text == "slow" for answer in found) == REPORTS_OF_ONE
    assert {code(answer) for answer in found if answer.text != "slow"} == {"too_many_reports"}
    assert house.get("ada", path).text == "slow"


@pytest.mark.parametrize("charset", ["punycode", "undefined", "raw_unicode_escape", "utf-16", ""])
def test_a_form_in_a_codec_of_the_senders_choice_is_refused(house: House, charset: str) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="course"\r\n\r\n\\ud800\r\n--b--\r\n'
    kind = {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"}
    answer = house.post("ada", "/api/submissions", content=body, headers=kind)
    assert (answer.status_code, code(answer)) == (400, "broken_upload")
    assert "expected utf-8" in answer.json()["detail"]


def test_an_upload_that_breaks_off_leaves_nothing(house: House) -> None:
    with house.listening() as address:
        connection, begin = _post(address, house, "Content-Length: 1000")
        with connection:
            connection.sendall(begin)
        assert house.get("ada", "/api/submissions").json()["submissions"] == []


def _answer(connection: socket.socket) -> bytes:
    """All that comes until the server closes, or resets."""
    found = b""
    try:
        while b"}" not in found and (more := connection.recv(65_536)):
            found += more
    except OSError:
        pass
    return found


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\a.ipynb", "a.ipynb"),
        ("<script>alert(1)</script>.ipynb", "script>.ipynb"),
        ("a\r\nSet-Cookie: x=1.ipynb", "a%0D%0ASet-Cookie: x=1.ipynb"),
        ("\u202egpj.ipynb", "gpj.ipynb"),
        ("x" * 3_000, "x" * 200),
        ("naïve “ünï” \\.ipynb", ".ipynb"),
        ("ü.ipynb", "ü.ipynb"),
    ],
)
def test_a_file_name_is_only_a_name_wherever_it_is_shown(
    house: House, name: str, kept: str
) -> None:
    identity = house.submitted(name=name)
    assert house.row(identity).name == kept
    answer = house.get("ada", f"/api/submissions/{identity}/notebook")
    assert answer.content == notebook()
    shown = answer.headers["content-disposition"]
    assert shown.startswith("attachment; filename=")
    assert shown.isascii()
    assert shown.isprintable()
    assert "set-cookie" not in answer.headers
    assert shown.count('"') == 2
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_name_with_line_ends_in_the_database_makes_no_header(house: House) -> None:
    identity = house.submitted()
    house.change(identity, name='a"\r\nSet-Cookie: x=1\r\n\r\nbody')
    answer = house.get("ada", f"/api/submissions/{identity}/notebook")
    assert answer.content == notebook()
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-disposition"].isprintable()
    assert answer.headers["content-disposition"].count('"') == 2


def test_every_answer_tells_browsers_to_do_nothing_with_it(house: House) -> None:
    identity = house.submitted()
    for path in ("/healthz", "/nothing", "/api/me", f"/api/submissions/{identity}", "/metrics"):
        for answer in (house.client.get(path), house.get("ada", path)):
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["x-frame-options"] == "DENY"


def test_a_path_with_a_slash_too_many_leads_to_no_host_of_the_clients_choice(house: House) -> None:
    for path in ("/healthz/", "/api/me/", "/api/submissions/", "//evil/healthz/"):
        answer = house.get("ada", path, headers={"Host": "evil"}, follow_redirects=False)
        assert answer.status_code == 404
        assert "location" not in answer.headers


def test_errors_of_the_framework_are_problems_too(house: House) -> None:
    assert code(house.client.get("/nothing")) == "not_found"
    assert code(house.client.put("/healthz")) == "method_not_allowed"
    wrong = house.get("ada", "/api/submissions", params={"limit": "secret"})
    assert (wrong.status_code, code(wrong)) == (422, "invalid_request")
    assert "limit" in wrong.json()["detail"]
    assert "secret" not in wrong.text
    assert code(house.get("ada", "/api/submissions", params={"state": "x"})) == "invalid_request"


def test_a_database_that_is_gone_is_told_as_ours(house: House) -> None:
    identity = house.submitted()

    def refuse(_: Connection) -> None:
        raise LedgerError("connection to postgres://secret refused")

    event.listen(house.ledger.engine, "begin", refuse)
    for answer in (house.get("ada", f"/api/submissions/{identity}"), house.upload()):
        assert (answer.status_code, code(answer)) == (503, "database_unavailable")
        assert answer.headers["retry-after"].isdecimal()
        assert "secret" not in answer.text


def test_what_nobody_foresaw_is_told_without_its_words(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(type(house.clock), "__call__", lambda _: broken())
    with structlog.testing.capture_logs() as lines:
        answer = house.get("ada", "/api/assignments/a%1bsecret", headers={"Host": "["})
    (told,) = [line for line in lines if line["event"] == "unexpected_error"]
    assert told["endpoint"] == "/api/assignments/{assignment}"
    assert "secret" not in str(lines)
    assert (answer.status_code, code(answer)) == (500, "internal_error")
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_a_token_that_asks_too_often_waits(tmp_path: Path) -> None:
    house = House(tmp_path, bounds=BOUNDS.__class__(requests_per_minute=3, uploads_per_minute=1))
    house.fill()
    with house.client:
        assert house.upload().status_code == 202
        refused = house.upload()
        assert (refused.status_code, code(refused)) == (429, "too_many_requests")
        assert int(refused.headers["retry-after"]) > 0
        assert house.get("ada", "/api/me").status_code == 200
        assert code(house.get("ada", "/api/me")) == "too_many_requests"
        assert house.get("bob", "/api/me").status_code == 200
    house.ledger.close()


def test_a_bucket_fills_again_with_time() -> None:
    now = 0.0
    rate = Rate(60, lambda: now)
    assert [rate.take("a") for _ in range(61)] == [0] * 60 + [1]
    assert rate.take("b") == 0
    now += 1
    assert [rate.take("a"), rate.take("a")] == [0, 1]
    now += 1_000
    assert [rate.take("a") for _ in range(61)][-2:] == [0, 1]
    assert Rate(0).take("a") == 0


def test_the_log_of_requests_holds_no_token_no_query_and_no_notebook(house: House) -> None:
    with structlog.testing.capture_logs() as lines:
        identity = house.submitted(data=notebook("the_students_code = 1"))
        house.get("ada", "/api/submissions", params={"student": "the_query"})
        house.client.get("/api/me", params={"token": house.tokens["bob"]})
        house.client.get("/made/up/path")
    said = repr(lines)
    assert identity in said
    assert {line["endpoint"] for line in lines if line["event"] == "request"} == {
        "/api/submissions",
        "none",
    }
    assert {line.get("caller") for line in lines} >= {house.tokens["ada"].split("_")[1]}
    for secret in (*house.tokens.values(), "the_students_code", "the_query"):
        assert secret not in said


def test_the_openapi_document_tells_uploads_errors_and_examples(house: House) -> None:
    schema = house.client.get("/openapi.json").json()
    upload = schema["paths"]["/api/submissions"]["post"]
    assert "multipart/form-data" in upload["requestBody"]["content"]
    assert "application/problem+json" in upload["responses"]["default"]["content"]
    assert schema["components"]["schemas"]["Status"]["examples"][0]["state"] == "queued"
    page = house.client.get("/docs")
    assert "/api/submissions/{submission_id}/events" in page.text
    assert "<script" not in page.text
    assert EXERCISE not in page.text
    assert COURSE not in page.text.replace("dl>", "")
