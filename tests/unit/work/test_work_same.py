"""Identical work runs once, and is judged with what the new notebook says around it."""

import json
from typing import Any

import nbformat
import pytest
from service_stubs.notebooks import notebook
from work_office import Office

from grader.domain.assignment import Assignment, Problem
from grader.domain.check import Case, Check, Questions
from grader.domain.hidden import Hidden
from grader.domain.outcome import Outcome
from grader.domain.report import ScoreReport
from grader.ledger.work import Submission
from grader.work import look


def changed(data: bytes, old: str, new: str) -> bytes:
    assert old in data.decode()
    return data.decode().replace(old, new).encode()


def test_the_same_code_is_judged_on_the_run_that_is_kept(office: Office) -> None:
    data = notebook("one")
    first = office.hand_in(data)
    look(office.desk(), "fast", first)
    second = office.hand_in(changed(data, "100 - 5 + 1 = 96", "95"), "bob")
    look(office.desk("another"), "fast", second)
    assert office.marks.counts("began") == {"one": 1}
    assert (office.report(first).earned, office.report(second).earned) == (9, 6)
    assert office.report(first).run_id == office.report(second).run_id
    body = ScoreReport.model_validate_json(office.report(second).body)
    assert body.submission.sha256 == office.row(second).sha256
    assert office.runs() == 1


@pytest.mark.parametrize("what", ["code", "position", "version", "limits", "fingerprint"])
def test_other_work_runs(office: Office, what: str) -> None:
    data = notebook("one")
    look(office.desk(), "fast", office.hand_in(data))
    desk = office.desk()
    if what == "code":
        data = changed(data, "import numpy as np", "import numpy as np  # again")
    elif what == "position":
        made = nbformat.reads(data.decode(), 4)
        made.cells.insert(0, nbformat.v4.new_markdown_cell("Hello", id="hello"))
        data = nbformat.writes(made).encode()
    elif what == "version":
        desk = office.desk(assignment=office.assignment.model_copy(update={"version": "2"}))
    elif what == "limits":
        less = office.assignment.limits.model_copy(update={"wall_seconds": 30})
        desk = office.desk(assignment=office.assignment.model_copy(update={"limits": less}))
    else:
        object.__setattr__(desk.benches.equipment, "fingerprint", lambda _: "another")
    second = office.hand_in(data, "bob")
    look(desk, "fast", second)
    assert office.marks.counts("began") == {"one": 2}
    assert office.report(second).earned == 9


def test_questions_that_changed_without_a_version_are_asked_anew(office: Office) -> None:
    look(office.desk(), "fast", office.submit("one"))
    average, *others = office.assignment.problems
    check = average.checks[0].model_copy(update={"rtol": 0.5, "groups": other_calls(average)})
    problems = (average.model_copy(update={"checks": (check,)}), *others)
    again = office.assignment.model_copy(update={"problems": problems})
    second = office.submit("one", "bob")
    look(office.desk(assignment=again), "fast", second)
    assert office.marks.counts("began") == {"one": 2}


def other_calls(problem: Problem) -> Any:
    usual = problem.checks[0].groups  # type: ignore[attr-defined]
    return lambda rng: tuple(
        group.__class__(**{**group.__dict__, "calls": group.calls[:1]}) for group in usual(rng)
    )


def test_a_run_that_is_lost_is_made_again(office: Office) -> None:
    look(office.desk(), "fast", office.submit("one"))
    for kept in office.folder.glob("files/runs/*/*.tar"):
        kept.unlink()
    second = office.submit("one", "bob")
    look(office.desk(), "fast", second)
    assert office.marks.counts("began") == {"one": 2}
    assert office.report(second).earned == 9


class Broken(Check):
    """A check whose judgement raises."""

    name: str = "broken"

    @property
    def id(self) -> str:
        return self.name

    def questions(self, hidden: Hidden) -> Questions:
        return Questions()

    def judge(self, case: Case) -> Outcome:
        raise KeyError("mended later")


def with_broken_check(assignment: Assignment) -> Assignment:
    extra = Problem(id="extra", title="Extra", points=1, checks=(Broken(),))
    return assignment.model_copy(update={"problems": (*assignment.problems, extra)})


def test_a_check_that_breaks_is_ours_and_costs_one_run(office: Office) -> None:
    identity = office.submit("one")
    broken = office.desk(assignment=with_broken_check(office.assignment))
    for _ in range(3):
        assert look(broken, "fast", identity).how == "failed"
        office.clock.passes(121)
    row = office.row(identity)
    assert (row.state, row.reason, row.counts) == ("not_graded", "check_broke", False)
    assert office.alerts() == [("gave_up", identity)]
    assert office.marks.counts("began") == {"one": 1}
    assert office.runs() == 1
    with office.ledger.write() as session:  # staff mend it and ask for another try
        session.get_one(Submission, identity).state = "queued"
    look(office.desk(), "fast", identity)
    assert json.loads(office.report(identity).body)["earned"] == 9
    assert office.marks.counts("began") == {"one": 1}
