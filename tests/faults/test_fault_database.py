"""PostgreSQL is gone for a while: nobody is lost, and nobody learns an untruth."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from faults_soundness import require_ended, require_sound
from service_stubs.processes import until
from service_stubs.servers import PostgresServer
from service_stubs.service import Service

from grader.errors import LedgerError

GONE_SECONDS = 20
"""As promised: ten leases, and beyond all steps of the retries but the longest."""


@pytest.fixture
def postgres(needs_postgres: None) -> Iterator[PostgresServer]:
    """A server that may be stopped."""
    server = PostgresServer()
    server.start()
    yield server
    server.end()


@pytest.fixture
def service(redis_server: Path, postgres: PostgresServer) -> Iterator[Service]:
    made = Service(postgres.url)
    try:
        yield made
        made.stop()
        require_ended(made)
    finally:
        made.end()


def test_a_database_that_is_gone_for_a_while_loses_nothing(
    service: Service, postgres: PostgresServer
) -> None:
    url = service.api()
    service.upkeep()
    service.worker("first", slots=1)
    before = [service.send(name, seconds=1) for name in ("a", "b")]
    until("a run begins", lambda: service.marks.counts("began"))
    postgres.stop()
    with pytest.raises(LedgerError):
        service.row(before[0])
    answers = [service.post("c", key="c") for _ in range(2)]
    assert {answer.status_code for answer in answers} == {503}
    assert httpx.get(f"{url}/healthz").status_code == 200
    assert httpx.get(f"{url}/readyz").status_code == 503
    time.sleep(GONE_SECONDS)
    postgres.start()
    until("the API is ready", lambda: httpx.get(f"{url}/readyz").status_code == 200)
    after = service.send("c", key="c")
    ids = [*before, after]
    until("all are graded", lambda: service.done(ids), seconds=60)
    assert set(service.states(ids).values()) == {"graded"}
    assert all(service.row(identity).failures == 0 for identity in ids)
    require_sound(service, ids)
