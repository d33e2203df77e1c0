import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from api_house import BOUNDS, TRAINING, House, code, until
from sqlalchemy import Connection, event

from grader.ledger import events
from grader.service.stream import _written
from grader.service.watchers import BACKLOG, News, Watch

Told = tuple[str, dict[str, Any], str]


def parsed(lines: Iterator[str]) -> Iterator[Told]:
    """Kind, data and id of each event; a comment is of the kind ``:``."""
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            yield ":", {}, ""
        elif line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            yield fields["event"], json.loads(fields["data"]), fields.get("id", "")
            fields = {}


@contextmanager
def watching(
    address: str, house: House, identity: str, person: str = "ada", last: str = ""
) -> Iterator[Iterator[Told]]:
    headers = house.headers(person) | ({"Last-Event-ID": last} if last else {})
    path = f"{address}/api/submissions/{identity}/events"
    with httpx.stream("GET", path, headers=headers, timeout=20) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield parsed(answer.iter_lines())


def happens(house: House, identity: str, kind: str, **data: Any) -> None:
    with house.ledger.write() as session:
        events.append(session, identity, kind, data, house.clock())


def until_kind(told: Iterator[Told], kind: str) -> Told:
    return next(found for found in told if found[0] == kind)


def test_a_watcher_hears_places_cells_and_the_end(house: House) -> None:
    first = house.submitted("bob", TRAINING)
    house.clock.pass_by(seconds=1)
    identity = house.submitted("ada", TRAINING)
    with house.listening() as address, watching(address, house, identity) as told:
        kind, status, _ = next(told)
        assert (kind, status["state"], status["place"]) == ("status", "queued", 2)
        assert until_kind(told, "state")[1] == {"state": "queued", "lane": "cpu"}
        assert until_kind(told, "place")[1]["place"] == 2
        house.change(first, state="cancelled")
        assert until_kind(told, "place")[1]["place"] == 1
        house.change(identity, state="running")
        happens(house, identity, "cell", index=3, status="running")
        assert until_kind(told, "cell")[1] == {"index": 3, "status": "running"}
        happens(house, identity, "state", state="graded")
        house.change(identity, state="graded")
        rest = list(told)
    assert [(kind, data) for kind, data, _ in rest] == [
        ("state", {"state": "graded"}),
        ("end", {"state": "graded"}),
    ]


def test_a_stream_that_broke_is_taken_up_behind_the_last_event(house: House) -> None:
    identity = house.submitted()
    for index in range(3):
        happens(house, identity, "cell", index=index)
    house.change(identity, state="graded")
    path = f"/api/submissions/{identity}/events"
    whole = list(parsed(iter(house.get("ada", path).text.split("\n"))))
    assert [kind for kind, _, _ in whole] == ["status", "state", "cell", "cell", "cell", "end"]
    last = {"Last-Event-ID": whole[2][2]}
    rest = list(parsed(iter(house.get("ada", path, headers=last).text.split("\n"))))
    assert [data.get("index") for _, data, _ in rest] == [None, 1, 2, None]
    for odd in ("x", "-1", "9" * 40, "\u00b2".encode()):
        answer = house.get("ada", path, headers={"Last-Event-ID": odd})
        assert answer.status_code == 200


def test_a_past_of_many_events_is_told_whole(house: House) -> None:
    """Also the end of it: outcomes come last."""
    ended, runs = house.submitted(), house.submitted("bob")
    with house.ledger.write() as session:
        for identity in (ended, runs):
            for index in range(events.MOST + 200):
                events.append(session, identity, "cell", {"index": index}, house.clock())
    house.change(ended, state="graded")
    house.change(runs, state="running")
    whole = house.get("ada", f"/api/submissions/{ended}/events").text.split("\n")
    cells = [data["index"] for kind, data, _ in parsed(iter(whole)) if kind == "cell"]
    assert cells == list(range(events.MOST + 200))
    with house.listening() as address, watching(address, house, runs, "bob") as told:
        happens(house, runs, "problem", id="last")
        seen = []
        for kind, data, _ in told:
            if kind == "problem":
                break
            seen += [data["index"]] if kind == "cell" else []
        assert seen == list(range(events.MOST + 200))


def test_no_event_is_told_twice_or_lost_between_past_and_present(house: House) -> None:
    identity = house.submitted()
    house.change(identity, state="running")
    for index in range(50):
        happens(house, identity, "cell", index=index)
    with house.listening() as address, watching(address, house, identity) as told:
        for index in range(50, 100):
            happens(house, identity, "cell", index=index)
        house.change(identity, state="graded")
        cells = [data["index"] for kind, data, _ in told if kind == "cell"]
    assert cells == list(range(100))


def test_all_watchers_together_cost_a_few_questions(house: House) -> None:
    """Ten streams, of which one poller asks: not ten times as many questions as one stream."""
    ids = [house.submitted("ada") for _ in range(2)]
    asked: list[Connection] = []
    with house.listening() as address:

        def questions(streams: int) -> int:
            held = [watching(address, house, ids[n % 2], "tea") for n in range(streams)]
            told = [each.__enter__() for each in held]
            for each in told:
                until_kind(each, "place")
            before = len(asked)
            marker = f"cell{streams}"
            happens(house, ids[0], marker)
            until_kind(told[0], marker)
            found = len(asked) - before
            for each in held:
                each.__exit__(None, None, None)
            return found

        event.listen(house.ledger.engine, "begin", asked.append)
        one = questions(1)
        assert questions(7) <= 3 * one + 6


def test_a_silent_stream_beats(tmp_path: Any) -> None:
    bounds = BOUNDS.__class__(heartbeat_seconds=0.02, poll_seconds=5, requests_per_minute=0)
    house = House(tmp_path, bounds=bounds)
    house.fill()
    with house.client:
        identity = house.submitted()
    with house.listening() as address, watching(address, house, identity) as told:
        assert until_kind(told, ":")
    house.ledger.close()


def test_a_stream_ends_after_its_time_and_is_not_said_to_be_over(tmp_path: Any) -> None:
    bounds = BOUNDS.__class__(stream_seconds=0.1, heartbeat_seconds=0.02, requests_per_minute=0)
    house = House(tmp_path, bounds=bounds)
    house.fill()
    with house.client:
        identity = house.submitted()
        answer = house.get("ada", f"/api/submissions/{identity}/events")
        kinds = [kind for kind, _, _ in parsed(iter(answer.text.split("\n")))]
    assert "status" in kinds
    assert "end" not in kinds
    house.ledger.close()


def test_a_token_holds_only_so_many_streams_and_gets_their_places_back(house: House) -> None:
    identity = house.submitted()
    with house.listening() as address:
        path = f"{address}/api/submissions/{identity}/events"
        held = [watching(address, house, identity) for _ in range(BOUNDS.streams)]
        told = [each.__enter__() for each in held]
        assert {next(each)[0] for each in told} == {"status"}
        refused = httpx.get(path, headers=house.headers("ada"))
        assert (refused.status_code, code(refused)) == (429, "too_many_streams")
        with watching(address, house, identity, "tea") as other:
            assert next(other)[0] == "status"
        for each in held:
            each.__exit__(None, None, None)

        def free() -> bool:
            with httpx.stream("GET", path, headers=house.headers("ada")) as answer:
                return answer.status_code == 200

        until(free)


@contextmanager
def unread(
    address: str, house: House, identity: str, count: int
) -> Iterator[Callable[[], list[bytes]]]:
    """So many streams that are asked for at once and not read; what each says, read to its end."""
    host, port = address.removeprefix("http://").split(":")
    ask = (
        f"GET /api/submissions/{identity}/events HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {house.tokens['ada']}\r\n\r\n"
    )
    with ExitStack() as stack:
        made = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in made:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            each.settimeout(20)
            each.connect((host, int(port)))
        for each in made:
            each.sendall(ask.encode())
        yield lambda: [first_of(each) for each in made]


def first_of(stream: socket.socket) -> bytes:
    """What comes up to its first event or its problem, or its end."""
    found = b""
    while b"event: status" not in found and b"0\r\n\r\n" not in found and b'"code"' not in found:
        found += stream.recv(65_536)
    return found


def test_many_streams_asked_for_at_once_are_no_more_than_one_after_the_other(house: House) -> None:
    identity = house.submitted()
    with house.listening() as address, unread(address, house, identity, 40) as said:
        found = said()
    assert sum(b"event: status" in each for each in found) == BOUNDS.streams


def test_a_stream_that_nobody_reads_keeps_its_place_after_the_end(house: House) -> None:
    identity = house.submitted()
    for _ in range(40):
        happens(house, identity, "cell", text="x" * 200_000)
    path = f"/api/submissions/{identity}/events"
    with (
        house.listening() as address,
        unread(address, house, identity, BOUNDS.streams) as said,
        watching(address, house, identity, "tea") as other,
    ):
        assert sum(b"event: status" in each for each in said()) == BOUNDS.streams
        assert next(other)[0] == "status"
        house.change(identity, state="graded")
        assert until_kind(other, "end")  # told to all at once
        assert httpx.get(f"{address}{path}", headers=house.headers("ada")).status_code == 429


def test_a_client_that_reads_nothing_is_left_after_so_much(house: House) -> None:
    watch = Watch("x", "t")
    for number in range(BACKLOG + 10):
        watch.tell(News("cell", {}, number))
    assert watch.news.qsize() == BACKLOG
    found = [watch.news.get_nowait() for _ in range(BACKLOG)]
    assert None in found


@pytest.mark.parametrize("text", ["a\n\nevent: end\ndata: {}", "\r\n", "\u2028", "\x85"])
def test_what_a_notebook_says_forges_no_event(text: str) -> None:
    written = _written(News("cell", {"text": text}, 5))
    assert written.count("\n") == 4
    assert written.isascii()
    (found,) = parsed(iter(written.split("\n")))
    assert found == ("cell", {"text": text}, "5")
