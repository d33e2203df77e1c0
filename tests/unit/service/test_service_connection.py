"""What one does with a connection before, after and beside a request, token or none."""

import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from api_house import BOUNDS, House, code, notebook, until

from grader.service import connection
from grader.service.service import NOTEBOOKS_OF_ONE


@contextmanager
def connected(address: str, said: bytes = b"", buffer: int = 0) -> Iterator[socket.socket]:
    """A connection on which this was said.

    Args:
        address: of the API.
        said: first of all.
        buffer: bytes of an answer that our side keeps unread; 0: as many as it likes.
    """
    host, port = address.removeprefix("http://").split(":")
    with socket.socket() as made:
        if buffer:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        made.settimeout(20)
        made.connect((host, int(port)))
        made.sendall(said)
        yield made


def cut(made: socket.socket) -> bool:
    """Whether the server ends the connection; waits for it."""
    try:
        return made.recv(1) == b""
    except ConnectionError:
        return True


BEGUN = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Endless: "


def test_an_endless_head_is_refused_and_never_gathered(house: House) -> None:
    sent = 0
    with house.listening() as address, connected(address, BEGUN) as made:
        try:
            while sent < 50_000_000:
                made.sendall(b"a" * 100_000)
                sent += 100_000
        except ConnectionError:
            pass
        assert httpx.get(f"{address}/healthz").is_success
    assert sent < 50_000_000


def test_whoever_sends_no_whole_head_is_cut_off(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.3)
    whole = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with (
        house.listening() as address,
        connected(address) as silent,
        connected(address, BEGUN) as begun,
        connected(address, whole) as second,
    ):
        assert b'"ok"' in answer_of(second)
        second.sendall(BEGUN)
        assert cut(silent)
        assert cut(begun)
        assert cut(second)


def answer_of(made: socket.socket) -> bytes:
    found = b""
    while b"}" not in found:
        found += made.recv(65_536)
    return found


def test_who_drips_the_body_of_a_request_that_was_answered_is_cut_off(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.3)
    head = b"POST /api/submissions HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
    with house.listening() as address, connected(address, head) as made:
        assert b"not_authenticated" in answer_of(made)

        def dripped() -> bool:
            try:
                made.sendall(b"x")
            except ConnectionError:
                return True
            return False

        until(dripped)


def test_a_request_that_is_worked_on_has_its_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its upload is slower than a head may be."""
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.2)
    body = (
        b'--b\r\nContent-Disposition: form-data; name="course"\r\n\r\ndl\r\n'
        b'--b\r\nContent-Disposition: form-data; name="assignment"\r\n\r\ncnn\r\n'
        b'--b\r\nContent-Disposition: form-data; name="notebook"; filename="a.ipynb"\r\n\r\n'
        + notebook()
        + b"\r\n--b--\r\n"
    )

    def slowly() -> Iterator[bytes]:
        with house.listening() as other, connected(other) as clock:
            yield body[:50]
            assert cut(clock)  # longer than a head may take
            yield body[50:]

    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    with house.listening() as address:
        answer = httpx.post(
            f"{address}/api/submissions", content=slowly(), headers=house.headers("ada") | kind
        )
    assert answer.status_code == 202, answer.text


def test_who_does_not_read_an_answer_is_cut_off(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STALL_SECONDS", 0.3)
    ask = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
    with house.listening() as address, connected(address, buffer=4096) as made:

        def refused() -> bool:
            """It takes no more requests, as it does not get rid of its answers."""
            try:
                made.sendall(ask * 10)
            except ConnectionError:
                return True
            return False

        made.settimeout(20)
        until(refused, 20)


def test_a_token_has_only_so_many_downloads_in_memory_and_gets_their_places_back(
    tmp_path: Path,
) -> None:
    house = House(tmp_path, bounds=BOUNDS.__class__(requests_per_minute=0))
    house.fill()
    with house.client:
        identity = house.submitted(data=notebook("x", metadata={"saved": "x" * 12_000_000}))
    path = f"/api/submissions/{identity}/notebook"
    ask = (
        f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {house.tokens['ada']}\r\n\r\n"
    ).encode()
    with house.listening() as address:

        def answers(person: str) -> int:
            with httpx.stream("GET", f"{address}{path}", headers=house.headers(person)) as answer:
                return answer.status_code

        with ExitStack() as unread:
            for _ in range(NOTEBOOKS_OF_ONE):
                reader = unread.enter_context(connected(address, ask, 4096))
                assert reader.recv(9) == b"HTTP/1.1 "  # it has its place
            assert answers("ada") == 429
            assert answers("tea") == 200
        until(lambda: answers("ada") == 200)
        whole = httpx.get(f"{address}{path}", headers=house.headers("ada"))
    assert len(whole.content) == int(whole.headers["content-length"]) > 12_000_000
    assert whole.headers["content-type"] == "application/x-ipynb+json"
    house.ledger.close()


def test_a_stream_upgrade_finds_nothing_behind_it(house: House) -> None:
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    with house.listening() as address:
        assert code(httpx.get(f"{address}/api/me", headers=upgrade)) == "not_authenticated"


def test_the_api_takes_the_descriptors_that_its_streams_need() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    program = (
        "import resource\n"
        "from grader.service import serving\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, (256, {hard}))\n"
        "serving._allow_connections()\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert int(done.stdout) >= min(4_096, hard if hard > 0 else 4_096)
