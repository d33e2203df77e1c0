"""Several upkeeps at once, and one in trouble, keep nobody waiting."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from threading import Event as Signal
from typing import Any

import pytest
from service_stubs.servers import PostgresServer
from sqlalchemy import event
from test_work_upkeep import report, run_out, upkeep
from work_office import START, Office

from grader.domain.card import Card
from grader.ledger import Ledger, claims, events, failures, lanes, publish, workers
from grader.ledger.base import Base
from grader.ledger.failures import Unsent
from grader.ledger.people import AssignmentCard
from grader.ledger.work import Event, Submission, Worker
from grader.ledger.workers import Sign
from grader.settings import Settings
from grader.work import upkeep as tending
from grader.work.health import Health
from tasks import pulse as pulses
from tasks.pulse import Pulse, sign_of
from tasks.slots import Slots


def test_whatever_breaks_an_alert_no_submission_waits_for_it(office: Office) -> None:
    lost, waits = office.submit("a"), office.submit("b", "bob")
    run_out(office, lost)
    with office.ledger.write() as session:
        session.get_one(Submission, waits).lane = "gpu"
        session.get_one(AssignmentCard, office.assignment.id).card = {"of": "another version"}
    report(office, "first", lanes="cpu")
    with pytest.raises(ValueError, match="for Card"):
        upkeep(office).tend()
    assert (office.row(lost).state, office.row(lost).failures) == ("queued", 1)
    assert sorted(office.queue.messages) == sorted([("fast", lost), ("gpu", waits)])


def test_events_are_swept_a_part_at_a_time(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tending, "EVENTS_AT_ONCE", 3)
    identity = office.submit()
    with office.ledger.write() as session:
        for _ in range(6):
            events.append(session, identity, "cell", {}, office.clock())
    office.clock.passes(90_000)
    with office.ledger.write() as session:
        events.append(session, identity, "cell", {}, office.clock())
    parts: list[str] = []

    @event.listens_for(office.ledger.engine, "after_cursor_execute")
    def count(_: object, __: object, sql: str, *___: object) -> None:
        if sql.startswith("DELETE FROM events"):
            parts.append(sql)

    upkeep(office).sweep()
    assert len(parts) == 3
    assert office.count(Event) == 1


def test_messages_that_two_note_at_once_keep_neither_waiting_for_the_other(office: Office) -> None:
    sent = [Unsent(office.submit(name, name), "fast") for name in "ab"]
    both = Barrier(2)

    @event.listens_for(office.ledger.engine, "after_cursor_execute")
    def meet(_: object, __: object, sql: str, *___: object) -> None:
        if sql.startswith("UPDATE submissions"):
            with suppress(BrokenBarrierError):  # the other waits for the database, as it should
                both.wait(0.5)

    def note(works: list[Unsent]) -> None:
        with office.ledger.write() as session:
            failures.all_sent(session, works, office.clock())

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(note, [sent, sent[::-1]]))
    assert {office.row(work.id).sent_at for work in sent} == {office.clock()}


def test_rows_are_changed_in_one_order_whoever_tends(office: Office) -> None:
    ids = [office.submit(str(number), str(number)) for number in range(8)]
    for identity in ids:
        run_out(office, identity)
    with office.ledger.write() as session:
        expired = failures.expire(session, Submission, office.clock())
    assert [failure.id for failure in expired] == sorted(ids)
    card = Card.of(office.assignment).model_copy(update={"gpu": "preferred"})
    with office.ledger.write() as session:
        publish.publish(session, [card], START)
        for identity in ids:
            session.get_one(Submission, identity).lane = "gpu"
        session.flush()
        assert lanes.leave_gpu(session, office.clock()) == sorted(ids)


def test_a_worker_that_reports_while_somebody_tends_is_not_gone(postgres: PostgresServer) -> None:
    ledger = Ledger(postgres.emptied())
    Base.metadata.create_all(ledger.engine)
    silent = Sign("w", ["fast"], 1, "ok")
    now = START + 3 * tending.WORKERS_KEPT
    with ledger.write() as session:
        workers.report(session, silent, START)
    looked = Signal()

    @event.listens_for(ledger.engine, "after_cursor_execute")
    def meanwhile(_: object, __: object, sql: str, *___: object) -> None:
        if "FROM workers" in sql and not looked.is_set():
            looked.set()
            with ledger.write() as session:
                workers.report(session, silent, now)

    with ledger.write() as session:
        assert workers.missing(session, now) == []
    with ledger.read() as session:
        assert session.get_one(Worker, "w").state == "ok"
    assert looked.is_set()
    ledger.close()


def test_a_look_at_health_that_hangs_keeps_no_slot_from_being_made(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulses, "FORK_SECONDS", 0.1)
    looks, ends = Signal(), Signal()

    def hang() -> None:
        looks.set()
        ends.wait(30)

    state = Health({"disk": hang})
    pulse = Pulse(lambda: office.ledger, state, sign_of("w", ("fast",), 1), office.clock)
    pulse._thread.start()
    assert looks.wait(5)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(pulse._before_fork).result(5)
    pulse._after_fork()
    assert pulse._reporting.locked()  # the report goes on in the parent
    ends.set()
    pulse.stop()
    pulse._reporting.acquire()
    pulse._in_child()
    assert not pulse._reporting.locked()


def test_a_slot_that_can_do_nothing_takes_its_time_whatever_is_wrong() -> None:
    made = Signal()

    def broken(*_: object) -> Any:
        made.set()
        raise RuntimeError("no tables")

    slots = Slots(Settings(), broken, broken)
    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(slots.look, "fast", "a")
        assert made.wait(5)
        with pytest.raises(TimeoutError):
            looking.result(0.3)
        slots._leaving.set()
        with pytest.raises(RuntimeError):
            looking.result(5)


def test_two_upkeeps_count_a_lost_worker_once(office: Office) -> None:
    ids = [office.submit(str(number), str(number)) for number in range(4)]
    for identity in ids:
        run_out(office, identity)
    report(office, "first", "failing")
    office.clock.passes(200)
    with ThreadPoolExecutor(4) as pool:
        tends = [pool.submit(upkeep(office).tend) for _ in range(4)]
    for tend in tends:
        tend.result()
    assert {office.row(identity).failures for identity in ids} == {1}
    assert office.alerts().count(("worker_gone", "first")) == 1
    with office.ledger.write() as session:
        assert claims.claim(session, "fast", office.desk().claimant, office.clock())
