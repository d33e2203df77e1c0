"""Upkeep forgets nothing that was accepted, and sends no message too many."""

import os
from datetime import timedelta

import pytest
from work_office import Office

from grader.domain.card import Card
from grader.domain.gpu import GpuNeed
from grader.errors import LedgerError, QueueError
from grader.ledger import claims, failures, publish, workers
from grader.ledger.work import Event, RegradeItem, Submission, Worker
from grader.ledger.workers import Sign
from grader.store import Kept
from grader.work import look
from grader.work.patience import Patience
from grader.work.upkeep import Upkeep


def upkeep(office: Office, lease: float = 0) -> Upkeep:
    """By default one that is never patient."""
    return Upkeep(office.ledger, office.queue, office.blobs, timedelta(seconds=lease), office.clock)


def run_out(office: Office, identity: str) -> None:
    """Somebody claims it and is not heard of again."""
    with office.ledger.write() as session:
        held = claims.claim(session, "fast", office.desk("lost").claimant, office.clock())
    assert held is not None
    assert held.id == identity
    office.clock.passes(121)


def test_a_row_without_a_message_gets_one(office: Office) -> None:
    first, second = office.submit("a"), office.submit("b", "bob")
    upkeep(office).tend()
    assert office.queue.messages == [("fast", first), ("fast", second)]
    assert office.row(first).sent_at == office.clock()


def test_messages_do_not_pile_up(office: Office) -> None:
    ids = [office.submit(name, name) for name in "abc"]
    office.queue.look("fast", ids[0])
    office.queue.look("fast", ids[0])
    for _ in range(5):
        upkeep(office).tend()
    assert len(office.queue.messages) == 3
    office.queue.messages.clear()  # Redis forgot
    upkeep(office).tend()
    assert sorted(office.queue.messages) == sorted(("fast", identity) for identity in ids)


def test_a_broker_that_is_gone_leaves_rows_unsent(office: Office) -> None:
    identity = office.submit()
    office.queue.broken = True
    with pytest.raises(QueueError):
        upkeep(office).tend()
    assert office.row(identity).sent_at is None


def test_a_lease_that_ran_out_is_a_failure_of_ours(office: Office) -> None:
    identity = office.submit()
    run_out(office, identity)
    upkeep(office).tend()
    row = office.row(identity)
    assert (row.state, row.failures, row.reason) == ("queued", 1, "worker_lost")
    assert office.queue.messages == [("fast", identity)]
    assert look(office.desk(), "fast", identity).how == "graded"


def test_a_submission_whose_workers_die_three_times_is_given_up(office: Office) -> None:
    identity = office.submit()
    for _ in range(3):
        run_out(office, identity)
        upkeep(office).tend()
    row = office.row(identity)
    assert (row.state, row.reason, row.counts) == ("not_graded", "worker_lost", False)
    assert office.alerts() == [("gave_up", identity)]


def test_a_lease_that_was_renewed_meanwhile_stands(office: Office) -> None:
    identity = office.submit()
    run_out(office, identity)
    with office.ledger.write() as session:
        late = session.get_one(Submission, identity)
        renewed = claims.Claim(identity, late.lease or "", office.clock())
        claims.renew(session, Submission, renewed, office.clock(), timedelta(seconds=60))
    with office.ledger.write() as session:
        assert failures.expire(session, Submission, office.clock()) == []
        assert failures.expire(session, RegradeItem, office.clock()) == []


def test_leases_are_left_alone_after_the_database_was_gone(office: Office) -> None:
    identity = office.submit()
    run_out(office, identity)
    works = upkeep(office, lease=0.3)

    class Gone(type(office.ledger)):  # type: ignore[misc] # out of reach
        def write(self) -> object:
            raise LedgerError("gone")

    for _ in range(2):
        real, works._ledger = works._ledger, Gone(f"sqlite:///{office.folder / 'gone.db'}")
        with pytest.raises(LedgerError):
            works.tend()
        works._ledger = real
        works.tend()
        assert office.row(identity).state == "running"


class Ticks:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("what", "taken"),
    [("steady", True), ("jump ahead", False), ("jump back", False), ("pause", False)],
)
def test_patience_begins_anew_where_time_was_strange(
    office: Office, what: str, taken: bool
) -> None:
    ticks, lease = Ticks(), 60
    patience = Patience(timedelta(seconds=lease), ticks)
    found = [patience.reached(office.clock())]
    for tick in range(14):
        ticks.now += 5
        office.clock.passes(5)
        if tick == 11:
            office.clock.passes({"jump ahead": 7200, "jump back": -7200}.get(what, 0))
            if what == "pause":
                ticks.now += 100
                office.clock.passes(100)
        found.append(patience.reached(office.clock()))
    assert found[:12] == [False] * 12
    assert found[-1] is taken
    for _ in range(12):
        ticks.now += 5
        office.clock.passes(5)
        found.append(patience.reached(office.clock()))
    assert found[-1]


def report(office: Office, name: str, state: str = "ok", lanes: str = "fast") -> None:
    with office.ledger.write() as session:
        sign = Sign(name, [lanes], 1, state, "no sandbox")  # type: ignore[list-item,arg-type]
        workers.report(session, sign, office.clock())


def test_a_worker_that_fell_silent_is_gone_and_told(office: Office) -> None:
    report(office, "first")
    report(office, "second")
    with office.ledger.write() as session:
        workers.leave(session, "second", office.clock())
    office.clock.passes(121)
    upkeep(office).tend()
    assert office.alerts() == [("worker_gone", "first")]
    report(office, "first")
    upkeep(office).tend()
    assert office.alerts() == []


def test_a_lane_that_nobody_serves_is_told_while_something_waits(office: Office) -> None:
    office.submit()
    office.clock.passes(121)
    upkeep(office).tend()
    assert office.alerts() == [("lane_unserved", "fast")]
    report(office, "unwell", "failing")
    upkeep(office).tend()
    assert office.alerts() == [("lane_unserved", "fast"), ("worker_failing", "unwell")]
    report(office, "unwell")
    upkeep(office).tend()
    assert office.alerts() == []


def waits_for_gpu(office: Office, need: GpuNeed) -> str:
    """It was handed in while a GPU was there."""
    identity = office.submit()
    card = Card.of(office.assignment).model_copy(update={"gpu": need})
    with office.ledger.write() as session:
        publish.publish(session, [card], office.clock())
        session.get_one(Submission, identity).lane = "gpu"
    office.clock.passes(121)
    return identity


def test_what_prefers_a_gpu_goes_to_cpus_where_no_gpu_is_left(office: Office) -> None:
    identity = waits_for_gpu(office, "preferred")
    report(office, "first", lanes="cpu")
    upkeep(office).tend()
    assert office.row(identity).lane == "cpu"
    assert office.queue.messages == [("cpu", identity)]
    assert office.events(identity)[-1] == ("state", {"state": "queued", "lane": "cpu"})
    upkeep(office).tend()
    assert office.alerts() == []


@pytest.mark.parametrize(
    ("need", "served"), [("required", "cpu"), ("preferred", "fast"), ("preferred", "gpu")]
)
def test_what_needs_a_gpu_or_has_no_cpu_waits_on(
    office: Office, need: GpuNeed, served: str
) -> None:
    identity = waits_for_gpu(office, need)
    report(office, "first", lanes=served)
    upkeep(office).tend()
    assert office.row(identity).lane == "gpu"


def test_the_sweep_drops_what_is_old_and_nothing_else(office: Office) -> None:
    identity = office.submit()
    look(office.desk(), "fast", identity)
    kept = office.blobs.run(office.report(identity).run_id)
    for name in ("a" * 32, "b" * 32):
        office.blobs.put_run(name, Kept(kept.run))
    draft = office.folder / "files" / "runs" / "aa" / ".x.draft"
    draft.touch()
    old = office.clock().timestamp() - 90_000
    for path in office.folder.glob("files/runs/*/*"):
        if "b" * 32 not in path.name:
            os.utime(path, (old, old))
    os.utime(draft, (old, old))
    report(office, "first")
    upkeep(office).sweep()
    assert office.count(Event) > 0
    names = {path.stem for path in office.folder.glob("files/runs/*/*.tar")}
    assert names == {"b" * 32, office.report(identity).run_id}
    assert not draft.exists()
    office.clock.passes(90_000)
    upkeep(office).tend()
    upkeep(office).sweep()
    office.clock.passes(90_000)
    upkeep(office).sweep()
    assert (office.count(Event), office.count(Worker)) == (0, 0)
    assert office.alerts() == []
    assert office.report(identity).earned == 9
