"""A worker that is unwell three times in a row takes nothing more, says so, and recovers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from work_office import Clock, Office

from grader.errors import DataError, StoreError
from grader.ledger import Ledger
from grader.ledger.work import Worker
from grader.sandbox import Finding
from grader.store import Blobs
from grader.work import health
from grader.work.health import FAILURES, Health, clock_look, disk_look, sandbox_look, seldom
from tasks.alive import sign_of_life
from tasks.pulse import Pulse, sign_of


class Consumer:
    """As Celery's, as far as a pulse steers it."""

    def __init__(self) -> None:
        self.lanes = ["fast", "cpu"]

    def call_soon(self, call: object, lane: str) -> None:
        call(lane)  # type: ignore[operator]

    def cancel_task_queue(self, lane: str) -> None:
        self.lanes.remove(lane)

    def add_task_queue(self, lane: str) -> None:
        self.lanes.append(lane)


def test_a_worker_stops_after_three_failures_and_goes_on_when_it_is_well(office: Office) -> None:
    wrong: list[Exception] = [DataError("mnist is missing")]

    def look() -> None:
        if wrong:
            raise wrong[0]

    state = Health({"data": look})
    pulse = Pulse(lambda: office.ledger, state, sign_of("w", ("fast", "cpu"), 2), office.clock)
    consumer = Consumer()
    pulse._consumer = consumer
    for _ in range(FAILURES - 1):
        pulse.beat()
        assert (consumer.lanes, office.alerts()) == (["fast", "cpu"], [])
    pulse.beat()
    assert (consumer.lanes, office.alerts()) == ([], [("worker_failing", "w")])
    with office.ledger.read() as session:
        row = session.get_one(Worker, "w")
    assert (row.state, row.lanes, row.slots) == ("failing", "fast,cpu", 2)
    assert row.message == "data: mnist is missing"
    wrong.clear()
    pulse.beat()
    assert (consumer.lanes, office.alerts()) == (["fast", "cpu"], [])
    pulse.stop()
    assert office.count(Worker) == 0


def test_a_worker_gives_a_sign_of_life_while_it_is_well_and_is_heard(
    office: Office, tmp_path: Path
) -> None:
    wrong: list[str] = []
    state = Health({"data": lambda: "missing" if wrong else None})
    sign, file = sign_of("w", ("fast",), 1), tmp_path / "alive" / "worker"
    alive = sign_of_life(tmp_path, "worker")
    pulse = Pulse(lambda: office.ledger, state, sign, office.clock, alive)
    pulse._consumer = Consumer()
    pulse.beat()
    assert file.exists()
    file.unlink()
    wrong.append("yes")
    for _ in range(FAILURES):
        pulse.beat()
    file.unlink(missing_ok=True)
    pulse.beat()
    assert not file.exists()


def test_what_costs_time_is_looked_at_seldom_while_it_is_well() -> None:
    found: list[str | None] = [None, "broken", "broken", None]
    looks = iter(found)
    times = iter([0, 0, 59, 61, 62, 63, 63, 64])
    look = seldom(lambda: next(looks), 60, lambda: next(times))
    assert [look() for _ in range(5)] == [None, None, "broken", "broken", None]
    assert look() is None
    assert list(looks) == []


def test_what_a_sandbox_lacks_is_told_but_not_what_it_can_do_without() -> None:
    lacks = Finding(name="cgroups", ok=False, found="none", fix="delegate them")
    could = Finding(name="gvisor", ok=False, found="none", required=False)
    assert sandbox_look(lambda: (could,)) is None
    assert sandbox_look(lambda: (lacks, could)) == "cgroups: none (delegate them)"


def test_a_full_disk_is_unwell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FREE_BYTES", 1)
    assert disk_look() is None
    monkeypatch.setattr(health, "FREE_BYTES", 1 << 60)
    assert "MiB left" in (disk_look() or "")


def test_a_clock_that_is_not_the_databases_is_unwell(office: Office) -> None:
    most, now = timedelta(seconds=16), datetime.now(UTC)
    assert clock_look(office.ledger, most) is None
    for away in (-30, 30):
        told = clock_look(office.ledger, most, Clock(now + timedelta(seconds=away)))
        assert str(told).endswith("let NTP set the clocks of all machines")
    gone = Ledger(f"sqlite:///{office.folder / 'no' / 'folder.db'}")
    assert clock_look(gone, most) is None


def test_files_that_cannot_be_written_are_unwell(office: Office) -> None:
    office.blobs.try_writing()
    assert list((office.folder / "files" / "tried").iterdir()) == []
    (office.folder / "no folder").touch()
    with pytest.raises(StoreError):
        Blobs(f"file://{office.folder / 'no folder'}").try_writing()


def test_a_look_that_breaks_quotes_nobody() -> None:
    def broken() -> None:
        raise KeyError("the text of a notebook")

    state = Health({"odd": broken})
    state.look()
    assert "KeyError at test_work_health.py" in state.wrong
    assert "text of a notebook" not in state.wrong
