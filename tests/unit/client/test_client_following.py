"""The client against a service that behaves badly, over real HTTP on loopback."""

import pytest
from served_answers import Answer, Serve, client, problem, said, stream

from grader.client import following
from grader.client.client import Client
from grader.client.following import follow
from grader.client.interface import Standing, Told
from grader.errors import ServiceError, SubmissionError

QUEUED = {"id": "1", "state": "queued", "lane": "fast", "place": 3, "news": "ignored"}
GRADED = {"id": "1", "state": "graded", "lane": "fast"}


def hand_in(client: Client) -> Standing:
    return client.hand_in("local", "cnn", "hw9.ipynb", b"{}", "key-1")


def test_an_upload_goes_on_under_its_key_until_it_is_taken(serve: Serve) -> None:
    service, client = serve(
        problem(503, "database_unavailable", "Not now", "soon"),
        Answer(502, b"<html>a proxy</html>", "text/html"),
        said(201, QUEUED),
    )
    with client:
        assert hand_in(client).place == 3
    assert len(service.asked) == 3
    for method, path, headers, body in service.asked:
        assert (method, path) == ("POST", "/api/submissions")
        assert headers["Idempotency-Key"] == "key-1"
        assert headers["Authorization"] == "Bearer secret"
        assert b'filename="hw9.ipynb"' in body
        assert b"cnn" in body


def test_a_refusal_is_told_with_its_code_and_words_and_not_tried_again(serve: Serve) -> None:
    service, client = serve(
        problem(409, "no_attempts_left", "The course takes no more", "3 of 3 attempts are spent")
    )
    with client, pytest.raises(ServiceError, match="takes no more: 3 of 3 attempts") as raised:
        hand_in(client)
    assert (raised.value.code, raised.value.status) == ("no_attempts_left", 409)
    assert len(service.asked) == 1


def test_a_notebook_that_the_service_cannot_read_is_the_students_affair(serve: Serve) -> None:
    _, client = serve(problem(422, "not_json", "The notebook cannot be read", "line 3"))
    with client, pytest.raises(SubmissionError, match="line 3") as raised:
        hand_in(client)
    assert raised.value.code == "not_json"


def test_a_request_that_the_service_does_not_understand_is_not(serve: Serve) -> None:
    _, client = serve(problem(422, "invalid_request", "Not as it should be", "course: missing"))
    with client, pytest.raises(ServiceError, match="course: missing"):
        hand_in(client)


def test_what_stays_broken_is_told_when_patience_ends(serve: Serve) -> None:
    service, client = serve(problem(503, "files_unavailable", "Not now", "later"), patience=0.5)
    with client, pytest.raises(ServiceError, match="Not now: later") as raised:
        hand_in(client)
    assert raised.value.code == "files_unavailable"
    assert len(service.asked) > 1


def test_nobody_there_is_told_with_the_address(serve: Serve) -> None:
    service, _ = serve(said(200, {}))
    with client(1, patience=0.3) as alone, pytest.raises(ServiceError) as raised:
        alone.standing("1")
    assert raised.value.code == "unreachable"
    assert "http://127.0.0.1:1" in str(raised.value)
    assert service.asked == []


def test_a_proxy_is_not_asked_for_this_machine(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    service, _ = serve(said(200, QUEUED))
    with client(service.port, patience=0.3) as direct:
        assert direct.standing("1").place == 3


def test_something_else_at_the_address_is_no_service(serve: Serve) -> None:
    _, client = serve(Answer(200, b"<html>It works!</html>", "text/html"))
    with client, pytest.raises(ServiceError, match="is it a grader's") as raised:
        client.standing("1")
    assert raised.value.code == "not_understood"


def test_a_stream_that_breaks_goes_on_behind_the_last_event(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "ASK_SECONDS", 0.05)
    service, client = serve(
        stream(("7", "state", {"state": "queued"}), ("9", "cell", {"index": 0})),
        said(200, QUEUED | {"state": "running"}),
        stream(("12", "state", {"state": "graded"})),
        said(200, GRADED),
    )
    with client:
        heard = list(follow(client, "1"))
    told = [(t.id, t.kind) for t in heard if isinstance(t, Told)]
    assert told == [("7", "state"), ("9", "cell"), ("12", "state")]
    assert [s.state for s in heard if isinstance(s, Standing)] == ["running", "graded"]
    streams = [headers for _, path, headers, _ in service.asked if path.endswith("/events")]
    assert [headers.get("Last-Event-ID") for headers in streams] == [None, "9"]


def test_without_a_stream_it_asks_again_and_again(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "ASK_SECONDS", 0.05)
    service, client = serve(
        Answer(200, b"<html>a proxy that knows no streams</html>", "text/html"),
        said(200, QUEUED),
        said(200, QUEUED | {"place": 1}),
        said(200, GRADED),
    )
    with client:
        heard = list(follow(client, "1"))
    assert [h.place for h in heard if isinstance(h, Standing)] == [3, 1, None]
    assert service.paths == ["/api/submissions/1/events", *["/api/submissions/1"] * 3]


def test_a_stream_that_dies_in_an_event_loses_none(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "ASK_SECONDS", 0.05)
    monkeypatch.setattr(following, "STREAM_SECONDS", 0.0)
    cut = stream(("7", "cell", {"index": 0}))
    cut.body += b'id: 8\nevent: cell\ndata: {"ind'
    cut.headers["Content-Length"] = "100000"
    service, client = serve(
        cut,
        said(200, QUEUED),
        stream(("8", "cell", {"index": 1})),
        said(200, GRADED),
    )
    with client:
        told = [t for t in follow(client, "1") if isinstance(t, Told)]
    assert [(t.id, t.data) for t in told] == [("7", {"index": 0}), ("8", {"index": 1})]
    assert service.asked[2][2]["Last-Event-ID"] == "7"
