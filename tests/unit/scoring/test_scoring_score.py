import logging
from typing import Any

import pytest

from grader.domain.assignment import Assignment, Problem
from grader.domain.check import Case, Check, Lab, Questions
from grader.domain.evidence import Evidence
from grader.domain.hidden import Hidden
from grader.domain.limits import Limits
from grader.domain.outcome import Failed, NotGraded, Outcome, Partial, Passed, Pending
from grader.domain.run import CellError, CellRun, Environment, SandboxFacts, Stopped
from grader.domain.submission import Flag, Submission
from grader.scoring import score
from grader.scoring.points import cents, earn, share


class Fixed(Check):
    """Gives the outcome that it was made with."""

    name: str = "fixed"
    outcome: Any = Passed(message="Right.")

    @property
    def id(self) -> str:
        return self.name

    def questions(self, hidden: Hidden) -> Questions:
        return Questions()

    def judge(self, case: Any) -> Outcome:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


FAILED = Failed(message="Wrong.", misconception="no_bias")
HALF = Partial(message="Half.", score=0.5)
MISSING = NotGraded(message="Missing.", reason="missing")
PENDING = Pending(message="Later.")
BROKEN = ZeroDivisionError("secret path /home/course")


def report(*problems: tuple[float, tuple[Any, ...]], sandbox: str = "fake", **changes: Any) -> Any:
    built = tuple(
        Problem(
            id=f"p{number}",
            title="A problem",
            points=points,
            checks=tuple(
                Fixed(name=f"c{k}", weight=weight, outcome=outcome)
                for k, (weight, outcome) in enumerate(checks)
            ),
        )
        for number, (points, checks) in enumerate(problems)
    )
    assignment = Assignment(id="demo", title="Demo", problems=built, **changes)
    cell = CellRun(
        index=2,
        status="error",
        seconds=0.5,
        error=CellError(name="NameError", message="x", traceback="Traceback"),
    )
    evidence = Evidence(
        environment=Environment(python="3.11", device="cpu", threads=2, libraries={"torch": "2"}),
        cells=(cell,),
        answers=(),
        stopped=Stopped(reason="memory", message="too much"),
        facts=SandboxFacts(
            sandbox=sandbox,
            image="a b",
            seconds=3,
            cpu_seconds=4,
            peak_memory_bytes=5,
            warnings=("no cgroup",),
        ),
    )
    flag = Flag(code="shortcut_call", message="np.convolve")
    submission = Submission(name="a.ipynb", sha256="ab", cells=(), flags=(flag,))

    def no_data(name: str) -> Any:
        raise AssertionError(name)

    return score(assignment, Case(submission, evidence, Hidden(seed="00"), Lab(no_data)))


RIGHT = Passed(message="Right.")


def test_points_add_up_exactly() -> None:
    found = report(
        (10, ((7, RIGHT), (3, RIGHT))),
        (3, ((1, FAILED),)),
        (8, ((6, RIGHT), (2, HALF))),
        (2, ((1, PENDING),)),
        (4, ((1, MISSING),)),
    )
    assert (found.earned, found.possible, found.pending) == (17.0, 27.0, 2.0)
    assert [p.earned for p in found.problems] == [10.0, 0.0, 7.0, 0.0, 0.0]
    assert [c.possible for c in found.problems[0].checks] == [7.0, 3.0]
    assert found.status == "graded"


def test_thirds_are_shared_to_the_cent() -> None:
    found = report((10, ((1, RIGHT), (1, RIGHT), (1, RIGHT))))
    assert [c.possible for c in found.problems[0].checks] == [3.34, 3.33, 3.33]
    assert found.earned == 10.0


def test_a_hundred_tenths_are_ten() -> None:
    assert report(*[(0.1, ((1, RIGHT),))] * 100).earned == 10.0


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([RIGHT, RIGHT], "passed"),
        ([RIGHT, FAILED], "partial"),
        ([HALF, FAILED], "partial"),
        ([RIGHT, MISSING], "partial"),
        ([FAILED, FAILED], "failed"),
        ([FAILED, MISSING], "not_graded"),
        ([RIGHT, PENDING], "pending"),
        ([PENDING, BROKEN], "check_broke"),
        ([RIGHT, HALF], "partial"),
    ],
)
def test_a_problem_has_the_status_of_its_worst_check(outcomes: Any, status: str) -> None:
    assert report((4, tuple((1, o) for o in outcomes))).problems[0].status == status


def test_a_problem_tells_what_is_wrong_and_not_what_is_right() -> None:
    assert report((4, ((1, RIGHT), (1, FAILED)))).problems[0].message == "Wrong."


def test_a_judge_that_breaks_is_ours_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        found = report((4, ((1, BROKEN),)), (3, ((1, RIGHT),)))
    assert found.status == "not_graded"
    (check,) = found.problems[0].checks
    assert (check.status, check.earned, check.possible) == ("check_broke", 0.0, 4.0)
    assert "secret" not in found.model_dump_json()
    assert "ZeroDivisionError: secret path" in caplog.text
    assert found.problems[1].earned == 3.0


def test_a_run_without_a_sandbox_is_flagged_first() -> None:
    assert [flag.code for flag in report((4, ((1, FAILED),))).flags] == ["shortcut_call"]
    found = report((4, ((1, FAILED),)), sandbox="none")
    assert [flag.code for flag in found.flags] == ["no_sandbox", "shortcut_call"]


def test_reason_and_misconception_reach_the_report() -> None:
    first, second = report((4, ((1, MISSING), (1, FAILED)))).problems[0].checks
    assert (first.reason, second.misconception) == ("missing", "no_bias")


def test_the_run_is_told_as_it_was() -> None:
    found = report((4, ((1, RIGHT),)), limits=Limits(threads=3))
    assert found.run.model_dump(exclude={"limits", "limits_hit"}) == {
        "sandbox": "fake",
        "image": "a b",
        "seconds": 3.0,
        "cpu_seconds": 4.0,
        "peak_memory_bytes": 5,
        "stopped": "memory",
        "stopped_message": "too much",
        "protections": (),
        "warnings": ("no cgroup",),
        "python": "3.11",
        "libraries": {"torch": "2"},
        "device": "cpu",
        "gpu": None,
        "threads": 2,
        "seed_id": Hidden(seed="00").id,
        "data": {},
        "second": None,
        "cells": (
            {
                "index": 2,
                "status": "error",
                "seconds": 0.5,
                "error": {"name": "NameError", "message": "x", "traceback": "Traceback"},
            },
        ),
    }
    assert found.run.limits.threads == 3
    assert [flag.code for flag in found.flags] == ["shortcut_call"]


@pytest.mark.parametrize(
    ("points", "weights"), [(10, [7, 3]), (1, [1] * 7), (0.05, [1, 1, 1]), (8, [0.1, 0.2])]
)
def test_shares_add_up_to_the_whole(points: float, weights: list[float]) -> None:
    assert sum(share(points, weights)) == cents(points)


def test_halves_of_a_cent_round_up() -> None:
    assert (earn(333, 0.5), cents(2.675), earn(10, 0.29)) == (167, 268, 3)


def test_cents_that_are_left_go_to_the_largest_remainder() -> None:
    assert share(1, [1, 2]) == [33, 67]
