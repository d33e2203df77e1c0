"""A service over real HTTP on loopback that answers what a test wants."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from pydantic import SecretStr

from grader.client.account import Account
from grader.client.client import Client


@dataclass
class Answer:
    status: int
    body: bytes
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def said(status: int, body: object, **headers: str) -> Answer:
    return Answer(status, json.dumps(body).encode(), headers=headers)


def problem(status: int, code: str, title: str, detail: str, **headers: str) -> Answer:
    body = {"code": code, "title": title, "detail": detail, "status": status}
    return Answer(status, json.dumps(body).encode(), "application/problem+json", headers)


def stream(*events: tuple[str, str, dict[str, Any]]) -> Answer:
    text = "".join(
        f"id: {n}\nevent: {kind}\ndata: {json.dumps(data)}\n\n" for n, kind, data in events
    )
    return Answer(200, f": beat\n\n{text}".encode(), "text/event-stream")


@dataclass
class Service:
    """Gives its answers in their order, the last one again and again, and notes the questions."""

    answers: list[Answer]
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    def answer(self, ask: BaseHTTPRequestHandler) -> None:
        body = ask.rfile.read(int(ask.headers.get("Content-Length", 0)))
        self.asked.append((ask.command, ask.path, dict(ask.headers), body))
        given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        ask.send_response(given.status)
        ask.send_header("Content-Type", given.kind)
        for name, value in given.headers.items():
            ask.send_header(name.replace("_", "-"), value)
        ask.end_headers()
        ask.wfile.write(given.body)

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _, _ in self.asked]


Serve = Callable[..., tuple[Service, Client]]


@contextmanager
def serving() -> Iterator[Serve]:
    """Begins a service for each list of answers; they end with the block."""
    servers: list[ThreadingHTTPServer] = []

    def begin(*answers: Answer, patience: float = 20) -> tuple[Service, Client]:
        service = Service(list(answers))

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.answer(self)

            def do_POST(self) -> None:
                service.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        service.port = server.server_address[1]
        return service, client(service.port, patience)

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


def client(port: int, patience: float = 20) -> Client:
    account = Account(url=f"http://127.0.0.1:{port}", token=SecretStr("secret"))
    return Client(account, patience)
