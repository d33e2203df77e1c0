"""What `make bench-service` does to a service: uploads at a fixed rate, polls, drains."""

import asyncio
import base64
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

import httpx
import nbformat
from service_stubs.notebooks import notebook
from service_stubs.processes import until
from service_stubs.service import FIELDS, Service

PICTURES = 2
PICTURE_BYTES = 60_000
"""A notebook of the course carries its plots: 160 kB in base64."""


@dataclass(frozen=True)
class Spread:
    """Of times in seconds."""

    p50: float
    p95: float
    p99: float
    most: float

    @classmethod
    def of(cls, found: Sequence[float]) -> "Spread":
        cuts = quantiles(found, n=100, method="inclusive")
        return cls(cuts[49], cuts[94], cuts[98], max(found))

    def __str__(self) -> str:
        parts = ("p50", self.p50), ("p95", self.p95), ("p99", self.p99), ("most", self.most)
        return ", ".join(f"{name} {1000 * value:.1f} ms" for name, value in parts)


def heavy(label: str) -> bytes:
    """A notebook with pictures, different for each label."""
    made: Any = nbformat.reads(notebook(label).decode(), 4)
    rng = random.Random(label)
    made.cells[1].outputs = [
        nbformat.v4.new_output(
            "display_data",
            {"image/png": base64.b64encode(rng.randbytes(PICTURE_BYTES)).decode()},
        )
        for _ in range(PICTURES)
    ]
    return str(nbformat.writes(made)).encode()


def upload(service: Service, per_second: float, seconds: float, students: int) -> list[float]:
    """Upload at a fixed rate; how long each took, from when it was due.

    A service that is slow for a moment delays those behind, and that counts: nobody waits for an
    answer before the next is sent.
    """
    tokens = [service.token(f"student-{number}") for number in range(students)]
    bodies = [heavy(f"upload-{number}") for number in range(int(per_second * seconds))]
    return asyncio.run(_upload(service.url, per_second, tokens, bodies))


async def _upload(
    url: str, per_second: float, tokens: Sequence[str], bodies: Sequence[bytes]
) -> list[float]:
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
        start = time.perf_counter()

        async def one(number: int, body: bytes) -> float:
            due = start + number / per_second
            await asyncio.sleep(due - time.perf_counter())
            answer = await client.post(
                "/api/submissions",
                data=FIELDS,
                files={"notebook": (f"n{number}.ipynb", body)},
                headers={
                    "Authorization": f"Bearer {tokens[number % len(tokens)]}",
                    "Idempotency-Key": f"upload-{number}",
                },
            )
            answer.raise_for_status()
            return time.perf_counter() - due

        return await asyncio.gather(*(one(*each) for each in enumerate(bodies)))


def poll(service: Service, times: int) -> list[float]:
    """Ask how submissions stand, one after the other; how long each answer took."""
    ids = service.all_submissions()
    drawn = random.Random(0).choices(ids, k=times)
    owner = {each: service.row(each).student_id for each in set(drawn)}
    found = []
    with httpx.Client(base_url=service.url, timeout=60) as client:
        for identity in drawn:
            headers = {"Authorization": f"Bearer {service.token(owner[identity])}"}
            began = time.perf_counter()
            client.get(f"/api/submissions/{identity}", headers=headers).raise_for_status()
            found.append(time.perf_counter() - began)
    return found


def overhead(service: Service, times: int) -> tuple[list[float], list[float]]:
    """Submit one after the other: accepted to claimed, and end of the run to seen as graded."""
    claimed, seen = [], []
    headers = {"Authorization": f"Bearer {service.token()}"}
    with httpx.Client(base_url=service.url, headers=headers, timeout=60) as client:
        for number in range(times):
            identity = service.send(f"alone-{number}", seconds=0.2)

            def graded(identity: str = identity) -> bool:
                answer = client.get(f"/api/submissions/{identity}").raise_for_status()
                return bool(answer.json()["state"] == "graded")

            until(f"submission {number} is graded", graded)
            now = time.monotonic()
            row = service.row(identity)
            assert row.claimed_at is not None
            claimed.append((row.claimed_at - row.received_at).total_seconds())
            (ended,) = (
                mark.at
                for mark in service.marks.read()
                if mark.label == f"alone-{number}" and mark.event == "ended"
            )
            seen.append(now - ended)
    return claimed, seen


def drain(service: Service, workers: int, many: int, seconds: float) -> float:
    """Let so many workers grade so many submissions that wait; from the first claim to the end."""
    running = [service.worker(f"drain-{number}") for number in range(workers)]
    for process in running:
        process.pause()
    ids = [
        service.submit(f"drained-{number}", f"student-{number % 30}", seconds=seconds)
        for number in range(many)
    ]
    for process in running:
        process.go_on()
    until("all are graded", lambda: service.done(ids), seconds=600, every=0.5)
    rows = [service.row(identity) for identity in ids]
    began = min(row.claimed_at for row in rows if row.claimed_at is not None)
    ended = max(row.finished_at for row in rows if row.finished_at is not None)
    return (ended - began).total_seconds()
