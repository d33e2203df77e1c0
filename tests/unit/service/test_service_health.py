from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import httpx
import pytest
from api_house import BOUNDS, TRAINING, House
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from grader.ledger import workers
from grader.ledger.workers import Sign

Labels = frozenset[tuple[str, str]]


def samples(house: House) -> dict[tuple[str, Labels], float]:
    answer = house.client.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(house: House, name: str, **labels: str) -> float | None:
    return samples(house).get((name, frozenset(labels.items())))


def test_a_process_that_lives_says_so_whatever_else_is_gone(tmp_path: Path) -> None:
    house = House(tmp_path, database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    assert house.client.get("/healthz").json() == {"status": "ok"}
    answer = house.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False,
        "parts": {
            "database": "cannot be reached",
            "tables": "cannot be reached",
            "broker": "ok",
            "files": "ok",
        },
    }
    assert value(house, "grader_database_up") == 0


def test_it_is_ready_where_all_is_well_and_still_without_a_broker(house: House) -> None:
    answer = house.client.get("/readyz")
    assert (answer.status_code, set(answer.json()["parts"].values())) == (200, {"ok"})
    house.queue.broken = True
    answer = house.client.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    assert answer.json()["parts"]["broker"] == "cannot be reached"


def test_tables_of_another_version_and_files_that_are_gone_are_named(house: House) -> None:

    (house.folder / "files").write_text("no folder")
    with house.ledger.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    parts = house.client.get("/readyz").json()["parts"]
    assert parts["database"] == "ok"
    assert "grader admin db upgrade" in parts["tables"]
    assert parts["files"] == "cannot be reached"


def test_whoever_asks_whether_a_broker_that_hangs_is_well_keeps_nobody_from_working(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a token: more of them than the API has threads."""
    hangs, asked = Event(), Event()

    def hung(_: str) -> int:
        asked.set()
        hangs.wait(60)
        return 0

    monkeypatch.setattr(house.queue, "waiting", hung)
    house.adapters = replace(house.adapters, bounds=replace(BOUNDS, fresh_seconds=60))
    everybody = httpx.Client(timeout=60, limits=httpx.Limits(max_connections=None))
    with house.listening() as address, everybody, ThreadPoolExecutor(60) as pool:
        try:
            looks = [pool.submit(everybody.get, f"{address}/readyz") for _ in range(60)]
            assert asked.wait(10)
            answer = httpx.get(f"{address}/api/me", headers=house.headers("ada"), timeout=10)
            assert answer.status_code == 200
        finally:
            hangs.set()
        assert {look.result().status_code for look in looks} == {200}


def test_the_metrics_tell_lanes_outcomes_waits_failures_and_workers(house: House) -> None:
    waits = house.submitted("ada", TRAINING)
    ends = house.submitted("bob")
    house.clock.pass_by(seconds=30)
    house.change(ends, claimed_at=house.clock())
    house.clock.pass_by(seconds=60)
    house.graded(ends)
    house.change(waits, failures=2, reason="worker_lost")
    with house.ledger.write() as session:
        workers.report(session, Sign("one", ("cpu",), 1, "ok"), house.clock())
        workers.report(session, Sign("two", ("cpu",), 1, "failing", "no memory"), house.clock())
    assert value(house, "grader_lane_depth", lane="cpu") == 1
    assert value(house, "grader_lane_depth", lane="gpu") == 0
    assert value(house, "grader_lane_oldest_seconds", lane="cpu") == 90
    assert value(house, "grader_submissions", state="graded", lane="fast") == 1
    assert value(house, "grader_wait_seconds", lane="fast", quantile="0.5") == 30
    assert value(house, "grader_run_seconds", lane="fast", quantile="0.95") == 60
    assert value(house, "grader_failures", reason="worker_lost") == 2
    assert value(house, "grader_workers", state="failing") == 1
    assert value(house, "grader_alerts", code="worker_failing") == 1
    house.clock.pass_by(minutes=5)
    assert value(house, "grader_workers", state="silent") == 1
    assert value(house, "grader_uploads_total", outcome="accepted") == 2
    assert value(house, "grader_upload_bytes_count") == 2


def test_quantiles_are_those_of_many_waits(house: House) -> None:
    for seconds in range(1, 22):
        identity = house.submitted("ada")
        received = house.row(identity).received_at
        house.clock.pass_by(seconds=seconds)
        house.change(identity, claimed_at=house.clock(), finished_at=house.clock())
        assert received < house.clock()
    assert value(house, "grader_wait_seconds", lane="fast", quantile="0.5") == 11
    assert value(house, "grader_wait_seconds", lane="fast", quantile="0.95") == 20


def test_made_up_paths_make_no_new_series(house: House) -> None:
    def asked(number: int) -> set[tuple[str, Labels]]:
        house.client.get(f"/made/up/{number}")
        house.client.get(f"/api/submissions/{number}")
        house.client.get("/metrics")
        return set(samples(house))

    assert asked(1) == asked(2)


def test_many_questions_about_a_lane_are_one_look_at_it(tmp_path: Path) -> None:
    house = House(tmp_path, bounds=BOUNDS.__class__(requests_per_minute=0, fresh_seconds=60))
    house.fill()
    with house.client:
        first = house.submitted("ada")
        assert house.get("ada", f"/api/submissions/{first}").json()["place"] == 1
        second = house.submitted("bob")
        assert house.get("bob", f"/api/submissions/{second}").json()["place"] == 2
        house.change(first, state="running")
        assert house.get("bob", f"/api/submissions/{second}").json()["place"] == 2
    house.ledger.close()
