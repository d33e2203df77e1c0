"""The API is killed while somebody uploads: the upload counts once, or not at all."""

import socket
from urllib.parse import urlsplit

import httpx
from faults_soundness import require_sound
from service_stubs.notebooks import notebook
from service_stubs.processes import until
from service_stubs.service import FIELDS, Service

BOUNDARY = "x-boundary-of-the-test"


def request(service: Service, label: str, key: str) -> bytes:
    """An upload, as it goes over the wire."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in FIELDS.items()
    ]
    parts.append(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="notebook"; '
        f'filename="{label}.ipynb"\r\nContent-Type: application/x-ipynb+json\r\n\r\n'
    )
    body = "".join(parts).encode() + notebook(label) + f"\r\n--{BOUNDARY}--\r\n".encode()
    head = (
        "POST /api/submissions HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {service.token()}\r\nIdempotency-Key: {key}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    assert parts.hostname is not None
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


def test_half_an_upload_is_none(service: Service) -> None:
    url = service.api()
    whole = request(service, "a", "key-a")
    with connected(url) as wire:
        wire.sendall(whole[: len(whole) // 2])
        assert httpx.get(f"{url}/healthz").is_success  # it has had time to read the half
        service.kill_api()
    assert service.all_submissions() == []
    service.api()
    identity = service.send("a", key="key-a")
    service.worker("first", slots=1)
    until("it is graded", lambda: service.done([identity]))
    assert service.all_submissions() == [identity]
    require_sound(service, [identity])


def test_an_upload_whose_answer_was_lost_is_one_submission_when_sent_again(
    service: Service,
) -> None:
    url = service.api()
    with connected(url) as wire:
        wire.sendall(request(service, "a", "key-a"))
        service.kill_api()  # nobody knows how far it came
    url = service.api()
    ids = [service.send("a", key="key-a")]
    with connected(url) as wire:
        wire.sendall(request(service, "b", "key-b"))
        until("its row is written", lambda: len(service.all_submissions()) == 2)
        service.kill_api()
    service.api()
    ids.append(service.send("b", key="key-b"))
    assert sorted(service.all_submissions()) == sorted(ids)
    service.upkeep()
    service.worker("first")
    until("all are graded", lambda: service.done(ids))
    require_sound(service, ids)
