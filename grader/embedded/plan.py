"""What `grader serve` runs, and how it is known that each part does its work."""

import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
from sqlalchemy import select

from grader.domain.service import Lane
from grader.embedded import left, redis
from grader.embedded.program import Program
from grader.errors import LedgerError, ServeError
from grader.ledger import Ledger
from grader.ledger.work import Worker
from grader.settings import Settings
from grader.wiring import services

READY_SECONDS = 2.0
"""How long the API may take to say that it is well."""


@dataclass(frozen=True)
class Wish:
    """What was asked of `grader serve`.

    Attributes:
        host: address that the API listens on.
        port: and its port.
        slots: notebooks that are graded at once, beside those on a GPU; 0: as many as CPUs and
            memory allow.
        lanes: those that are served.
    """

    host: str
    port: int
    slots: int
    lanes: tuple[Lane, ...]

    @property
    def url(self) -> str:
        """Where this machine reaches the API."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - what was asked
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def stages(settings: Settings, wish: Wish, ledger: Ledger, mark: str) -> list[list[Program]]:
    """All programs, in the order in which they start; they end in the other one.

    Args:
        settings: of this machine.
        wish: with a port that is free.
        ledger: where the worker reports.
        mark: what everything carries that is started; see `left`.

    Raises:
        ServeError: there is no redis-server, or a folder cannot be made.
    """
    environment = {**os.environ, left.MARK: mark}
    logs = settings.state_dir / "logs"
    began = datetime.now(UTC)
    upkeep = Program("upkeep", _ours("upkeep"), logs / "upkeep.log", environment)
    workers = [
        Program(
            name,
            _ours("worker", "--name", name, "--lanes", ",".join(lanes), "--slots", str(slots)),
            logs / f"{name}.log",
            environment,
            ready=partial(_works, ledger, name, began),
            grace=20,
        )
        for name, lanes, slots in _workers(wish)
    ]
    api = Program(
        "api",
        _ours("api", "--host", wish.host, "--port", str(wish.port)),
        logs / "api.log",
        environment,
        ready=lambda: _is_well(wish.url),
        grace=5,
        # Its clients come again; the next start needs its port.
        orphaned=signal.SIGKILL,
    )
    if settings.broker_url is not None:
        return [[upkeep, *workers, api]]
    broker = replace(_redis(settings, logs), environment=environment)
    return [[broker], [upkeep, *workers, api]]


def _workers(wish: Wish) -> Iterator[tuple[str, Sequence[Lane], int]]:
    """Name, lanes and slots of each: what waits for a GPU must take no slot of what needs none."""
    others = [lane for lane in wish.lanes if lane != "gpu"]
    if others:
        yield "worker", others, wish.slots
    if "gpu" in wish.lanes:
        yield "gpu", ["gpu"], 0 if others else wish.slots


def free_port(host: str, port: int) -> int:
    """The port, or any free one for 0.

    Raises:
        ServeError: it is taken, or the address is not of this machine.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with closing(socket.socket(found[0], found[1])) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(found[4])
            return int(tried.getsockname()[1])
    except OSError as error:
        raise ServeError(
            f"{host} port {port} cannot be listened on: {error.strerror}; choose another by --port"
        ) from error


def _ours(*words: str) -> tuple[str, ...]:
    """One of our commands, of this very installation; no file of the current folder is imported."""
    return (sys.executable, "-P", "-m", "grader.cli", *words)


def _redis(settings: Settings, logs: Path) -> Program:
    return redis.program(
        redis.binary(),
        services.redis_socket(settings),
        settings.state_dir / "redis",
        logs / "redis.log",
    )


def _works(ledger: Ledger, name: str, began: datetime) -> bool:
    """Whether a worker whose name begins so has reported since."""
    try:
        with ledger.read() as session:
            query = select(Worker.name).where(
                Worker.seen_at >= began, Worker.name.startswith(f"{name}-", autoescape=True)
            )
            return session.scalars(query).first() is not None
    except LedgerError:
        return False


def _is_well(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=READY_SECONDS, trust_env=False).is_success
    except httpx.HTTPError:
        return False
