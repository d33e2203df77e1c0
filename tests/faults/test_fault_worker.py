"""Workers that die, hang or wake up late; messages that come twice; clocks that jump."""

import os
import signal
from collections.abc import Callable

import pytest
from faults_soundness import require_sound
from service_stubs.processes import Process, alive, below, until
from service_stubs.service import Service


def all_at_once(worker: Process) -> None:
    worker.kill()


def parent_alone(worker: Process) -> None:
    """As the machine's out-of-memory killer does, or `kill -9` with one number."""
    os.kill(worker.pid, signal.SIGKILL)


@pytest.mark.parametrize("killed", [all_at_once, parent_alone])
def test_what_a_killed_worker_was_doing_is_done_by_another(
    service: Service, killed: Callable[[Process], None]
) -> None:
    service.upkeep()
    first = service.worker("first", slots=2)
    ids = [service.submit(name, f"student-{name}", seconds=3) for name in ("a", "b", "c")]
    until("two runs begin", lambda: len(service.marks.counts("began")) == 2)
    begun = set(service.marks.counts("began"))
    children = below(first.pid)
    killed(first)
    until("its slots end with it", lambda: not any(map(alive, children)))
    service.worker("second", slots=2)
    until("all are graded", lambda: service.done(ids))
    assert set(service.states(ids).values()) == {"graded"}
    require_sound(service, ids, again=begun)
    assert service.marks.counts("began").total() == 5


def test_a_worker_whose_slot_was_killed_goes_on(service: Service) -> None:
    service.upkeep()
    worker = service.worker("first")
    ids = [service.submit(name, f"student-{name}", seconds=2) for name in ("a", "b")]
    until("a run begins", lambda: service.marks.counts("began"))
    (running,) = {mark.pid for mark in service.marks.read()}
    assert running in below(worker.pid)
    os.kill(running, signal.SIGKILL)
    until("all are graded", lambda: service.done(ids))
    require_sound(service, ids, again=set(list(service.marks.counts("began"))[:1]))
    assert set(service.states(ids).values()) == {"graded"}


def test_a_submission_whose_workers_all_die_is_given_up_with_a_reason(service: Service) -> None:
    service.upkeep()
    identity = service.submit("a", seconds=60)
    for turn in (1, 2, 3):
        worker = service.worker(f"worker-{turn}")
        until("its run begins", lambda turn=turn: service.marks.counts("began")["a"] == turn)
        worker.kill()
        until("its lease is taken back", lambda turn=turn: service.row(identity).failures == turn)
    row = service.row(identity)
    assert (row.state, row.reason, row.counts) == ("not_graded", "worker_lost", False)
    assert service.alerts() == {"gave_up": [identity]}
    service.worker("last")
    other = service.submit("b")
    until("the next one is graded", lambda: service.done([other]))
    require_sound(service, [identity, other], again={"a"})


def test_a_worker_that_was_paused_beyond_its_lease_writes_nothing(service: Service) -> None:
    service.upkeep()
    first = service.worker("first")
    identity = service.submit("a", seconds=1)
    until("its run begins", lambda: service.marks.counts("began"))
    with service.ledger.write() as session:
        session.connection()  # SQLite has one writer: it must not be the one that stands still
        first.pause()
    service.worker("second")
    until("another worker graded it", lambda: service.done([identity]))
    graded = service.row(identity)
    first.go_on()
    after = service.submit("b", "bob"), service.submit("c", "carol")
    until("the others are graded", lambda: service.done(after))
    until("the late one has given up", service.marks.settled)
    now = service.row(identity)
    assert (now.report_id, now.finished_at) == (graded.report_id, graded.finished_at)
    assert now.failures == 1
    require_sound(service, [identity, *after], again={"a"})


def test_a_message_that_comes_twice_at_once_starts_one_run(service: Service) -> None:
    for name in ("first", "second"):
        service.worker(name, slots=2)
    ids = [service.submit(name, f"student-{name}", seconds=0.3, told=5) for name in "abcdef"]
    until("all are graded", lambda: service.done(ids))
    until("no message waits", lambda: service.queue.waiting("fast") == 0)
    require_sound(service, ids)
    assert service.marks.counts("began").total() == len(ids)


@pytest.mark.parametrize("lease", [4], ids=["long enough for a busy machine"])
@pytest.mark.parametrize("hours", [-2, 2])
def test_a_clock_that_jumps_while_a_notebook_runs_costs_nothing(
    service: Service, lease: int, hours: int
) -> None:
    service.upkeep()
    service.worker("first", slots=2)
    ids = [service.submit(n, f"student-{n}", seconds=1.5 * lease) for n in ("a", "b")]
    until("both runs begin", lambda: len(service.marks.counts("began")) == 2)
    service.jump(hours=hours)
    until("all are graded", lambda: service.done(ids))
    assert [service.row(identity).failures for identity in ids] == [0, 0]
    require_sound(service, ids)


def test_what_a_dead_worker_held_is_taken_back_though_the_clock_was_set_back(
    service: Service,
) -> None:
    service.upkeep()
    first = service.worker("first")
    identity = service.submit("a", seconds=3)
    until("its run begins", lambda: service.marks.counts("began"))
    first.kill()
    service.jump(hours=-2)
    service.worker("second")
    until("it is graded", lambda: service.done([identity]))
    assert service.row(identity).state == "graded"
    require_sound(service, [identity], again={"a"})
