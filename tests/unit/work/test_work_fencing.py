"""Who wakes late, leaves, or finds half a file harms nobody."""

from datetime import timedelta
from pathlib import Path
from threading import Event as Signal

import pytest
from service_stubs.processes import until
from sqlalchemy import text
from work_office import Office, in_thread

from grader.domain.job import CellStarted, Hello, Progress
from grader.domain.run import Environment
from grader.ledger import claims, steering
from grader.ledger.claims import Claim
from grader.ledger.work import Submission
from grader.work import Desk, Looked, look, telling
from grader.work.heartbeat import Heartbeat
from grader.work.telling import Teller


def claimed(office: Office, desk: Desk) -> Claim:
    office.submit()
    with office.ledger.write() as session:
        held = claims.claim(session, "fast", desk.claimant, office.clock())
    assert held is not None
    return held


def test_who_lost_a_row_tells_nothing_of_it_any_more(office: Office) -> None:
    desk = office.desk()
    held = claimed(office, desk)
    with Teller(desk, held) as teller:
        teller.on_record(CellStarted(index=1))
        until("it is told", lambda: "cell" in dict(office.events(held.id)))
        with office.ledger.write() as session:
            steering.cancel(session, session.get_one(Submission, held.id), office.clock())
        teller.on_record(CellStarted(index=2))
    kinds = [kind for kind, _ in office.events(held.id)]
    assert kinds == ["state", "cell", "state"]


def test_a_training_is_told_epoch_by_epoch_and_a_second_run_once(office: Office) -> None:
    desk = office.desk()
    held = claimed(office, desk)
    hello = Hello(environment=Environment())
    with Teller(desk, held) as teller:
        teller.on_record(hello)
        teller.on_record(Progress(index=4, text="nothing of a training"))
        teller.on_record(
            Progress(index=4, text="epoch: 2 batch: 100 loss: 0.5 accuracy train: 0.75")
        )
        until("it is told", lambda: "epoch" in dict(office.events(held.id)))
        teller.on_record(hello)
    told = [(kind, data) for kind, data in office.events(held.id) if kind != "state"]
    assert [kind for kind, _ in told] == ["epoch", "second_run"]
    step = told[0][1]
    assert (step["cell"], step["epoch"], step["accuracy"]) == (4, 2, 0.75)
    assert told[1][1] == {"began": True}


def test_no_result_waits_for_what_is_only_shown(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "LAST_SECONDS", 0.1)
    desk = office.desk()
    held = claimed(office, desk)
    teller = Teller(desk, held)
    done = Signal()

    def tell() -> None:
        with teller:
            teller.on_record(CellStarted(index=1))
        done.set()

    with office.ledger.write() as session:
        if session.connection().dialect.name == "postgresql":
            session.execute(text("LOCK TABLE events"))  # SQLite lets no other writer in
        thread, _ = in_thread(tell)
        assert done.wait(5)
    thread.join()
    teller._thread.join()


def test_who_is_to_leave_holds_its_row_until_it_has_given_it_back(office: Office) -> None:
    desk = office.desk(lease=0.3)
    held = claimed(office, desk)
    with Heartbeat(desk, Submission, held) as beat:
        desk.leaving.set()
        until("it knows", lambda: beat.ended)
        office.clock.passes(100)
        end = office.clock() + timedelta(seconds=0.3)
        until("it is renewed", lambda: office.row(held.id).lease_until == end)
    assert beat.ended == "leaving"


def half(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def test_a_notebook_of_which_a_part_was_lost_is_not_the_students_fault(office: Office) -> None:
    identity = office.submit()
    (kept,) = office.folder.glob("files/notebooks/*/*.ipynb")
    half(kept)
    assert look(office.desk(), "fast", identity) == Looked("failed", identity, "store")
    assert (office.row(identity).state, office.row(identity).counts) == ("queued", True)


def test_evidence_of_which_a_part_was_lost_is_made_again(office: Office) -> None:
    first, second = office.submit(), office.submit(student="bob")
    look(office.desk(), "fast", first)
    (kept,) = office.folder.glob("files/runs/*/*.tar")
    half(kept)
    assert look(office.desk(), "fast", second).how == "graded"
    assert office.marks.counts("began") == {"one": 2}
    assert office.report(second).run_id != office.report(first).run_id


def test_an_alert_of_what_was_given_up_is_over_once_it_is_graded(office: Office) -> None:
    identity = office.submit()
    unknowing = office.desk(assignment=office.assignment.model_copy(update={"id": "other"}))
    for _ in range(3):
        office.clock.passes(601)
        look(unknowing, "fast", identity)
    assert office.alerts() == [("gave_up", identity)]
    with office.ledger.write() as session:
        assert steering.retry(session, session.get_one(Submission, identity), office.clock())
    assert office.alerts() == [("gave_up", identity)]
    assert look(office.desk(), "fast", identity).how == "graded"
    assert office.alerts() == []
