"""A regrade judges stored evidence by today's assignment: to look, or to apply."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from test_work_same import with_broken_check
from work_office import COURSE, START, Office

from grader.domain.assignment import Assignment
from grader.domain.late import LatePolicy
from grader.ledger import offerings, regrades
from grader.ledger.offerings import Terms
from grader.ledger.regrades import Wish
from grader.ledger.work import Alert, Report, Submission
from grader.work import Looked, look


def stricter(assignment: Assignment) -> Assignment:
    """Version 2: the average is worth 12 points."""
    average, *others = assignment.problems
    problems = (average.model_copy(update={"points": 12}), *others)
    return assignment.model_copy(update={"version": "2", "problems": problems})


def ask(office: Office, *, apply: bool) -> str:
    """Ask for a regrade of the only submission; the item's id."""
    wish = Wish(COURSE, office.assignment.id, "ada", apply)
    with office.ledger.write() as session:
        (message,) = regrades.begin(session, wish, office.clock()).messages
    return message.id


@pytest.fixture
def graded(office: Office) -> str:
    identity = office.submit(right=False)
    look(office.desk(), "fast", identity)
    return identity


def test_a_dry_run_says_what_would_change_and_changes_nothing(office: Office, graded: str) -> None:
    before = office.report(graded)
    item = ask(office, apply=False)
    desk = office.desk(assignment=stricter(office.assignment))
    assert look(desk, "regrade", item) == Looked("graded", item)
    row = office.item(item)
    assert (row.state, row.before, row.after, row.lease) == ("graded", 6, 9, None)
    assert office.report(graded).body == before.body
    assert office.marks.counts("began") == {"one": 1}


def test_an_applied_regrade_holds_beside_the_report_of_before(office: Office, graded: str) -> None:
    item = ask(office, apply=True)
    look(office.desk(assignment=stricter(office.assignment)), "regrade", item)
    row = office.item(item)
    assert (row.state, row.after) == ("graded", 9)
    with office.ledger.read() as session:
        rows = {r.assignment_version: r for r in session.query(Report)}
        assert session.get_one(Submission, graded).report_id == rows["2"].id
    assert (rows["1"].earned, rows["2"].earned) == (6, 9)
    assert rows["1"].run_id == rows["2"].run_id


def test_a_new_due_time_is_applied_under_the_same_version(office: Office, graded: str) -> None:
    with office.ledger.write() as session:
        terms = Terms(due_at=START - timedelta(hours=1), late=LatePolicy(percent=50))
        offerings.offer(session, COURSE, office.assignment.id, terms)
    look(office.desk(), "regrade", ask(office, apply=True))
    assert office.report(graded).earned == 3
    assert json.loads(office.report(graded).body)["late"]["percent"] == 50


def test_who_does_not_know_the_assignment_leaves_the_item_to_those_who_do(
    office: Office, graded: str
) -> None:
    item = ask(office, apply=False)
    behind = replace(office.desk("behind"), assignments={})
    assert look(behind, "regrade", item) == Looked("nothing")
    assert look(office.desk("new"), "regrade", item) == Looked("graded", item)
    assert office.row(graded).failures == 0


def test_a_check_that_breaks_leaves_what_holds(office: Office, graded: str) -> None:
    item = ask(office, apply=True)
    desk = office.desk(assignment=with_broken_check(office.assignment))
    assert look(desk, "regrade", item) == Looked("refused", item)
    assert (office.item(item).state, office.item(item).reason) == ("not_graded", "check_broke")
    assert office.report(graded).earned == 6


def test_evidence_that_is_lost_is_our_failure_until_a_regrade_finds_it(
    office: Office, graded: str
) -> None:
    item = ask(office, apply=True)
    kept = {file: file.read_bytes() for file in office.folder.glob("files/runs/*/*.tar")}
    for file in kept:
        file.unlink()
    for _ in range(3):
        look(office.desk(), "regrade", item)
        office.clock.passes(121)
    assert (office.item(item).state, office.item(item).reason) == ("not_graded", "store")
    assert office.alerts() == [("gave_up", graded)]
    with office.ledger.read() as session:
        assert "regrade again" in session.scalars(select(Alert.message)).one()
    assert office.row(graded).counts
    assert office.report(graded).earned == 6
    for file, content in kept.items():
        file.write_bytes(content)
    again = ask(office, apply=True)
    assert look(office.desk(), "regrade", again) == Looked("graded", again)
    assert office.alerts() == []
