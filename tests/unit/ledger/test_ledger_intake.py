"""Submissions come in at once from many sides, on both databases."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from threading import Barrier
from uuid import uuid4

import pytest
from ledger_rows import NOW, later, regrade_item, waiting

from grader.domain.card import Card, CardProblem
from grader.domain.limits import Limits
from grader.ledger import (
    Ledger,
    admission,
    figures,
    gradebook,
    intake,
    offerings,
    publish,
    regrades,
    steering,
    views,
)
from grader.ledger.admission import RefusedError
from grader.ledger.intake import Upload
from grader.ledger.offerings import Terms
from grader.ledger.views import Filter
from grader.ledger.work import RegradeItem, Report, Run, Submission

CARD = Card(
    id="cnn",
    title="CNN",
    version="1",
    problems=(CardProblem(id="fc", title="FC", points=10),),
    possible=10,
    gpu="none",
    trains_by=("train_model",),
    limits=Limits(),
)
UPLOAD = Upload(
    course_id="dl",
    assignment_id="cnn",
    student_id="ada",
    name="a.ipynb",
    sha256="0" * 64,
    code_sha256="0" * 64,
    size=1,
    trains=True,
)
MANY = 6


def published(ledger: Ledger) -> None:
    with ledger.write() as session:
        publish.publish(session, [CARD], NOW)


def at_once(ledger: Ledger, upload: Upload) -> list[str]:
    """What becomes of the same upload, sent by several threads in the same moment."""
    together = Barrier(MANY)

    def one() -> str:
        together.wait()
        try:
            with ledger.write() as session:
                return intake.accept(session, upload, NOW).id
        except RefusedError as error:
            return error.code

    with ThreadPoolExecutor(MANY) as pool:
        return [found.result() for found in [pool.submit(one) for _ in range(MANY)]]


def count(ledger: Ledger) -> int:
    with ledger.read() as session:
        return session.query(Submission).count()


def test_one_wish_sent_several_times_at_once_is_one_submission(ledger: Ledger) -> None:
    published(ledger)
    assert len(set(at_once(ledger, replace(UPLOAD, key="k")))) == 1
    assert count(ledger) == 1


def test_uploads_at_once_spend_no_more_attempts_than_there_are(ledger: Ledger) -> None:
    published(ledger)
    with ledger.write() as session:
        offerings.offer(session, "dl", "cnn", Terms(max_attempts=2))
    assert Counter(at_once(ledger, UPLOAD))["no_attempts_left"] == MANY - 2
    assert count(ledger) == 2


def accepted(ledger: Ledger, seconds: float, **changes: str) -> str:
    with ledger.write() as session:
        return intake.accept(session, replace(UPLOAD, **changes), later(seconds)).id  # type: ignore[arg-type]


def graded(ledger: Ledger, submission: str, earned: float, ran: float = 5) -> None:
    with ledger.write() as session:
        run = Run(
            id=uuid4().hex,
            work="w",
            assignment_id="cnn",
            assignment_version="1",
            created_at=NOW,
            seconds=ran,
        )
        session.add(run)
        session.flush()
        report = Report(
            id=uuid4().hex,
            submission_id=submission,
            assignment_version="1",
            run_id=run.id,
            created_at=NOW,
            status="graded",
            earned=earned,
            possible=10,
            pending=0,
            body="{}",
        )
        session.add(report)
        session.flush()
        row = session.get(Submission, submission)
        assert row is not None
        row.state, row.report_id = "graded", report.id
        row.claimed_at, row.finished_at = later(1), later(4)


def test_what_the_service_tells_is_the_same_on_every_database(ledger: Ledger) -> None:
    published(ledger)
    one, two = accepted(ledger, 0), accepted(ledger, 1)
    other = accepted(ledger, 2, student_id="bob")
    last = accepted(ledger, 3)
    graded(ledger, one, earned=9, ran=4)
    graded(ledger, two, earned=7, ran=8)
    with ledger.read() as session:
        line = views.line(session, "cpu", later(5))
        assert dict(line.places) == {other: 1, last: 2}
        assert views.run_seconds(session, "cnn") == 6
        listed = views.listed(session, Filter(student_id="ada"), None, 10)
        assert [seen.row.id for seen in listed] == [last, two, one]
        assert [seen.report and seen.report.earned for seen in listed] == [None, 7, 9]
        rest = views.listed(session, Filter(student_id="ada"), two, 10)
        assert [seen.row.id for seen in rest] == [one]
        best = gradebook.grades(session, "dl", "cnn", "best")
        assert [(g.student_id, g.earned) for g in best] == [
            ("ada", 9),
            ("bob", None),
            ("cem", None),
        ]
        assert gradebook.grades(session, "dl", "cnn", "latest")[0].earned == 7
        told = figures.figures(session, later(10))
    assert told.waiting["cpu"] == figures.Waiting(2, 8)
    assert told.states == {("graded", "cpu"): 2, ("queued", "cpu"): 2}
    assert sorted(told.waits["cpu"]) == [0, 1]


def test_figures_tell_of_regrades_too_and_of_first_claims_alone(ledger: Ledger) -> None:
    published(ledger)
    with ledger.write() as session:
        values = {"state": "graded", "claimed_at": later(3), "finished_at": later(5)}
        once = waiting(session, "ada", 0, **values)
        waiting(session, "bob", 0, **values, failures=1, reason="worker_lost")
        waiting(session, "bob", 0, **values, retries=1)
        for failures in (0, 2):
            item = session.get_one(RegradeItem, regrade_item(session, once, 1))
            item.state, item.claimed_at, item.finished_at = "graded", later(8), later(9)
            item.failures, item.reason = failures, "store" if failures else None
    with ledger.read() as session:
        told = figures.figures(session, later(10))
    assert told.waits == {"cpu": [3], "regrade": [7]}
    assert told.runs == {"cpu": [2, 2, 2], "regrade": [1, 1]}
    assert told.failures == {"worker_lost": 1, "store": 2}


def test_a_regrade_holds_all_that_are_graded(ledger: Ledger) -> None:
    published(ledger)
    one, _ = accepted(ledger, 0), accepted(ledger, 1)
    graded(ledger, one, earned=9)
    with ledger.write() as session:
        begun = regrades.begin(session, regrades.Wish("dl", "cnn", "ada", apply=False), NOW)
        assert regrades.running(session, "dl", "cnn") == begun.id
        found = regrades.progress(session, begun.id)
    assert found is not None
    assert [(item.submission_id, item.before) for item in found.items] == [(one, 9)]


def test_a_queue_without_workers_has_places_and_no_waits() -> None:
    line = views.Line({"a": 1, "b": 2, "c": 3}, slots=0, running=0)
    assert line.wait(1, 60) is None
    assert views.Line({}, slots=2, running=0).wait(1, None) is None
    busy = views.Line({"a": 1, "b": 2, "c": 3}, slots=2, running=2)
    assert [busy.wait(place, 60) for place in (1, 2, 3)] == [30, 60, 90]
    free = replace(busy, running=1)
    assert [free.wait(place, 60) for place in (1, 2, 3)] == [0, 30, 60]
    assert busy.place("new") == 4


def refusal(ledger: Ledger, upload: Upload) -> str:
    try:
        with ledger.write() as session:
            intake.accept(session, upload, NOW)
    except RefusedError as error:
        return error.code
    return ""


def test_a_course_with_terms_offers_what_has_terms_and_nothing_else(ledger: Ledger) -> None:
    published(ledger)
    with ledger.write() as session:
        offerings.offer(session, "dl", "other", Terms())
    assert refusal(ledger, UPLOAD) == "not_offered"
    assert refusal(ledger, replace(UPLOAD, bound=False)) == ""
    with ledger.write() as session:
        offerings.offer(session, "dl", "cnn", Terms())
    assert refusal(ledger, UPLOAD) == ""


def test_a_student_has_so_many_waiting_and_no_more(ledger: Ledger) -> None:
    published(ledger)
    for _ in range(admission.MOST_WAITING):
        assert refusal(ledger, UPLOAD) == ""
    assert refusal(ledger, UPLOAD) == "too_many_waiting"
    assert refusal(ledger, replace(UPLOAD, student_id="bob")) == ""


def test_cancelling_does_not_open_the_day_anew(ledger: Ledger) -> None:
    published(ledger)
    with ledger.write() as session:
        for _ in range(admission.MOST_A_DAY):
            waiting(session, "ada", -60, state="cancelled", counts=False)
    assert refusal(ledger, UPLOAD) == "too_many_today"


def test_what_would_be_refused_is_told_before_its_file_is_kept(ledger: Ledger) -> None:
    published(ledger)
    with ledger.write() as session:
        offerings.offer(session, "dl", "cnn", Terms(opens_at=later(1)))
    with ledger.read() as session, pytest.raises(RefusedError, match="are taken from"):
        intake.require_taken(session, UPLOAD, NOW)


@pytest.mark.parametrize(
    ("began", "failures", "state", "counts"),
    [
        (None, 0, "queued", False),
        (NOW, 0, "queued", True),
        (NOW, 1, "queued", False),
        (NOW, 1, "running", True),
    ],
)
def test_cancelling_spends_an_attempt_where_it_has_run_and_we_did_not_fail(
    ledger: Ledger, began: datetime | None, failures: int, state: str, counts: bool
) -> None:
    with ledger.write() as session:
        how = {"claimed_at": began, "failures": failures, "state": state}
        row = session.get_one(Submission, waiting(session, "ada", **how))
        assert steering.cancel(session, row, NOW)
        session.refresh(row)
        assert (row.state, row.counts) == ("cancelled", counts)


@pytest.mark.parametrize("bound", [True, False])
def test_a_retry_counts_only_for_whom_the_terms_hold(ledger: Ledger, bound: bool) -> None:
    with ledger.write() as session:
        identity = waiting(session, "ada", state="not_graded", counts=False, bound=bound)
        row = session.get_one(Submission, identity)
        assert steering.retry(session, row, NOW)
        session.refresh(row)
        assert (row.state, row.counts, row.retries) == ("queued", bound, 1)
