"""A look claims the row whose turn it is and brings it to one end, whatever happens meanwhile."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from service_stubs.processes import until
from sqlalchemy.orm import Session
from work_office import COURSE, START, Office, in_thread

from grader.domain.late import LatePolicy
from grader.domain.report import ScoreReport
from grader.errors import LedgerError, SandboxError
from grader.ledger import claims, offerings, steering
from grader.ledger.offerings import Terms
from grader.ledger.work import Report, Submission
from grader.sandbox import FakeSandbox
from grader.work import Looked, look
from grader.work.resting import Resting


def test_a_look_grades_the_submission_that_waits(office: Office) -> None:
    identity = office.submit(right=False)
    assert look(office.desk(), "fast", identity) == Looked("graded", identity)
    row, report = office.row(identity), office.report(identity)
    assert (row.state, row.lease, row.counts, row.worker) == ("graded", None, True, "worker")
    assert (report.earned, report.pending, report.status) == (6, 1, "graded")
    body = ScoreReport.model_validate_json(report.body)
    assert (body.earned, body.submission.sha256) == (6, row.sha256)
    assert office.blobs.run(report.run_id).run.evidence.stopped.reason == "finished"
    assert look(office.desk(), "fast", identity) == Looked("nothing")


def test_watchers_read_how_it_went(office: Office) -> None:
    identity = office.submit(seconds=1)  # what is not judged when the run ends is not told
    look(office.desk(), "fast", identity)
    told = office.events(identity)
    states = [data["state"] for kind, data in told if kind == "state"]
    assert states == ["queued", "running", "graded"]
    cells = [data for kind, data in told if kind == "cell"]
    assert cells[-1]["status"] == "ok"
    assert (cells[-1]["number"], cells[-1]["of"]) == (1, 1)
    problems = {data["id"]: data["status"] for kind, data in told if kind == "problem"}
    assert problems["average"] == "passed"


def test_two_looks_at_one_row_write_one_report(office: Office) -> None:
    identity = office.submit(seconds=0.3)
    desks = office.desk("first"), office.desk("second")
    threads = [in_thread(lambda desk=desk: look(desk, "fast", identity)) for desk in desks]
    for thread, _ in threads:
        thread.join()
    assert {found[0].how for _, found in threads} == {"graded", "nothing"}
    assert office.report(identity).earned == 9
    assert office.marks.counts("began") == {"one": 1}


def test_whose_lease_was_lost_writes_nothing(office: Office) -> None:
    identity = office.submit(seconds=30)
    thread, found = in_thread(lambda: look(office.desk(lease=0.3), "fast", identity))
    until("its run begins", lambda: office.marks.counts("began"))
    with office.ledger.write() as session:
        session.get_one(Submission, identity).lease = "of another"
    thread.join()
    assert found == [Looked("lost", identity)]
    assert office.marks.counts("closed") == {"one": 1}
    row = office.row(identity)
    assert (row.state, row.lease, row.failures) == ("running", "of another", 0)
    assert (office.count(Report), office.runs()) == (0, 0)


def test_a_lease_that_is_lost_while_evidence_is_kept_leaves_no_evidence(office: Office) -> None:
    identity = office.submit()
    desk = office.desk()

    class Late(type(office.blobs)):  # type: ignore[misc] # the folder's, with something between
        def put_run(self, name: str, kept: object) -> None:
            super().put_run(name, kept)
            with office.ledger.write() as session:
                session.get_one(Submission, identity).lease = "of another"

    late = Late(f"file://{office.folder / 'files'}")
    assert look(replace(desk, blobs=late), "fast", identity) == Looked("lost", identity)
    assert (office.count(Report), office.runs()) == (0, 0)


def test_a_worker_that_leaves_gives_back_what_runs(office: Office) -> None:
    identity = office.submit(seconds=30)
    desk = office.desk()
    thread, found = in_thread(lambda: look(desk, "fast", identity))
    until("its run begins", lambda: office.marks.counts("began"))
    desk.leaving.set()
    thread.join(10)
    assert found == [Looked("given_back", identity)]
    row = office.row(identity)
    assert (row.state, row.lease, row.failures, row.counts) == ("queued", None, 0, True)
    assert office.queue.messages == [("fast", identity)]
    assert look(desk, "fast", identity) == Looked("leaving")
    assert look(office.desk("another"), "regrade", identity) == Looked("nothing")


def test_a_submission_that_we_failed_at_three_times_is_given_up(office: Office) -> None:
    identity = office.submit()
    broken = FakeSandbox(ending=SandboxError("no_user_namespaces", "they are off"))
    desk = office.desk(sandbox=lambda: broken)
    for turn in (1, 2):
        found = look(desk, "fast", identity)
        assert found == Looked("failed", identity, "no_user_namespaces")
        row = office.row(identity)
        assert (row.state, row.failures, row.reason) == ("queued", turn, "no_user_namespaces")
        assert (row.sent_at, row.counts, office.alerts()) == (None, True, [])
        assert look(desk, "fast", identity) == Looked("nothing")
        office.clock.passes(31 if turn == 1 else 121)
    look(desk, "fast", identity)
    row = office.row(identity)
    assert (row.state, row.failures, row.counts, row.lease) == ("not_graded", 3, False, None)
    assert row.message == "the sandbox failed"
    assert office.alerts() == [("gave_up", identity)]
    assert office.events(identity)[-1] == (
        "state",
        {"state": "not_graded", "reason": "no_user_namespaces"},
    )


def test_a_notebook_that_nobody_can_read_is_the_students(office: Office) -> None:
    identity = office.hand_in(b"no notebook")
    assert look(office.desk(), "fast", identity) == Looked("refused", identity)
    row = office.row(identity)
    assert (row.state, row.reason, row.failures, row.counts) == ("not_graded", "not_json", 0, False)
    assert office.alerts() == []


def test_evidence_that_finds_no_place_is_ours(office: Office) -> None:
    identity = office.submit()
    (office.folder / "files" / "runs").write_text("in the way")
    look(office.desk(), "fast", identity)
    row = office.row(identity)
    assert (row.state, row.reason, office.count(Report)) == ("queued", "store", 0)


def test_an_assignment_that_the_worker_does_not_know_is_ours(office: Office) -> None:
    identity = office.submit()
    office.clock.passes(601)  # nobody knows it
    look(replace(office.desk(), assignments={}), "fast", identity)
    assert office.row(identity).reason == "no_assignment"


def test_an_assignment_that_is_new_is_left_to_those_who_know_it(office: Office) -> None:
    identity = office.submit()
    behind = replace(office.desk("behind"), assignments={})
    assert look(behind, "fast", identity) == Looked("nothing")
    assert office.row(identity).failures == 0
    assert look(office.desk("new"), "fast", identity) == Looked("graded", identity)


def test_the_database_may_be_gone_while_a_report_is_written(office: Office) -> None:
    identity = office.submit()
    desk = office.desk()

    class Gone(type(office.ledger)):  # type: ignore[misc] # the real one, out of reach for a while
        left = 3

        def write(self) -> Any:
            if office.row(identity).state == "running" and (office.folder / "files/runs").exists():
                self.left -= 1
                if self.left >= 0:
                    raise LedgerError("gone")
            return super().write()

    gone = Gone(office.url)
    assert look(replace(desk, ledger=gone), "fast", identity).how == "graded"
    assert gone.left < 0
    assert office.report(identity).earned == 9
    gone.close()


def test_a_commit_whose_answer_was_lost_is_found_again(office: Office) -> None:
    identity = office.submit()

    class Unheard(type(office.ledger)):  # type: ignore[misc] # commits, and then says it could not
        silent = True

        def write(self) -> Any:
            @contextmanager
            def writing() -> Iterator[Session]:
                with super(Unheard, self).write() as session:
                    yield session
                if self.silent and office.count(Report):
                    self.silent = False
                    raise LedgerError("the answer was lost")

            return writing()

    unheard = Unheard(office.url)
    found = look(replace(office.desk(), ledger=unheard), "fast", identity)
    assert (found.how, unheard.silent) == ("graded", False)
    assert office.report(identity).earned == 9
    assert office.runs() == 1
    unheard.close()


def test_what_comes_late_loses_points(office: Office) -> None:
    policy = LatePolicy(percent=10)
    with office.ledger.write() as session:
        terms = Terms(due_at=START - timedelta(hours=30), late=policy)
        offerings.offer(session, COURSE, office.assignment.id, terms)
    identity = office.submit()
    look(office.desk(), "fast", identity)
    report = office.report(identity)
    assert report.earned == pytest.approx(7.2)
    assert json.loads(report.body)["late"]["percent"] == 20


def test_a_fair_turn_is_taken_whatever_the_message_says(office: Office) -> None:
    first, second = office.submit("a", "ada"), office.submit("b", "ada")
    other = office.submit("c", "bob")
    with office.ledger.write() as session:
        running = claims.claim(session, "fast", office.desk("another").claimant, office.clock())
    assert running is not None
    assert running.id == first
    assert [look(office.desk(), "fast", second).id for _ in range(2)] == [other, second]


def test_a_cancelled_run_ends(office: Office) -> None:
    identity = office.submit(seconds=30)
    thread, found = in_thread(lambda: look(office.desk(lease=0.3), "fast", identity))
    until("its run begins", lambda: office.marks.counts("began"))
    with office.ledger.write() as session:
        assert steering.cancel(session, session.get_one(Submission, identity), office.clock())
    thread.join(10)
    assert found == [Looked("lost", identity)]
    assert office.row(identity).state == "cancelled"


def test_a_slot_that_fails_again_and_again_rests_longer_each_time() -> None:
    resting = Resting()
    failed = Looked("failed", "a", "store")
    assert [resting.seconds(failed) for _ in range(7)] == [2, 4, 8, 16, 32, 60, 60]
    assert resting.seconds(Looked("nothing")) == 0
    assert resting.seconds(failed) == 60
    assert resting.seconds(Looked("failed", "a", "check_broke")) == 0
    assert resting.seconds(Looked("graded", "a")) == 0
    assert resting.seconds(failed) == 2
