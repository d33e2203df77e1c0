"""A real worker on a real Redis: which lane comes first, and how it leaves."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from service_stubs.processes import until
from service_stubs.service import Service


@pytest.fixture
def service(redis_server: Path) -> Iterator[Service]:
    made = Service()
    try:
        yield made
    finally:
        made.end()


@pytest.mark.parametrize("ask", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_takes_fast_work_first_and_gives_back_what_it_cannot_end(
    service: Service, ask: signal.Signals
) -> None:
    slow = service.submit("slow", "ada", trains=True)
    waits = service.submit("waits", "bob", trains=True, seconds=60)
    fast = service.submit("quick", "eve")
    assert {service.row(one).lane for one in (slow, waits)} == {"cpu"}
    assert service.row(fast).lane == "fast"
    worker = service.worker("first", slots=1)
    (row,) = service.workers()
    assert (row.lanes, row.slots, row.state) == ("fast,cpu,regrade", 1, "ok")
    until("the last run begins", lambda: service.marks.counts("began")["waits"])
    order = [mark.label for mark in service.marks.read() if mark.event == "began"]
    assert order == ["quick", "slow", "waits"]
    assert set(service.states([slow, fast]).values()) == {"graded"}
    assert worker.end(ask) in (0, 1)  # Celery's, for SIGTERM and for SIGINT
    assert service.marks.counts("closed") == {"waits": 1}
    row = service.row(waits)
    assert (row.state, row.lease, row.failures, row.counts) == ("queued", None, 0, True)
    assert row.sent_at is not None
    assert service.queue.waiting("cpu") >= 1
    assert service.workers() == []
    lines = [json.loads(line) for line in worker.told().splitlines() if line.startswith("{")]
    given_back = [line for line in lines if line["event"] == "given_back"]
    assert [(line["submission"], line["lane"]) for line in given_back] == [(waits, "cpu")]
    assert all(line["worker"] and line["task"] for line in given_back)
