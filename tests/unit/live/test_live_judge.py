from threading import Event

import pytest

from grader.domain.assignment import Assignment, Problem
from grader.domain.check import Case, Check, Lab, Questions
from grader.domain.evidence import Answered, Unanswered
from grader.domain.hidden import Hidden
from grader.domain.outcome import Failed, Outcome
from grader.domain.probe import ReadVariables
from grader.domain.submission import Submission
from grader.live import LiveJudge

ANSWER = Answered(Unanswered(probe="v", cell=0, reason="missing", message=""))
HIDDEN = Hidden(seed="00")
LAB = Lab(dataset=pytest.fail)
JUDGED: list[int] = []
BEGAN, GO = Event(), Event()


class Slow(Check):
    @property
    def id(self) -> str:
        return "slow"

    def questions(self, hidden: Hidden) -> Questions:
        return Questions((ReadVariables(id="v", names=("v",)),))

    def judge(self, case: Case) -> Outcome:
        JUDGED.append(len(case.evidence.answers))
        BEGAN.set()
        assert GO.wait(20)
        return Failed(message="no")


def judging(tell: object) -> LiveJudge:
    JUDGED.clear()
    BEGAN.clear()
    GO.clear()
    problem = Problem(id="p", title="P", points=1, checks=(Slow(),))
    submission = Submission(name="x", sha256="00" * 32, cells=())
    return LiveJudge(
        Assignment(id="a", title="A", problems=(problem,)), submission, HIDDEN, LAB, tell
    )


def test_answers_that_came_meanwhile_are_judged_once_and_a_broken_listener_is_outlived() -> None:
    told = Event()

    def tell(_: object) -> None:
        if len(JUDGED) == 2:
            told.set()
        raise RuntimeError("broken")

    with judging(tell) as judge:
        judge.hear(ANSWER)
        assert BEGAN.wait(20)
        for _ in range(1000):
            judge.hear(ANSWER)
        GO.set()
        assert told.wait(20)
    assert JUDGED == [1, 1001]


def test_what_waits_when_the_run_has_ended_is_dropped() -> None:
    with judging(lambda _: None) as judge:
        judge.hear(ANSWER)
        assert BEGAN.wait(20)
        for _ in range(1000):
            judge.hear(ANSWER)
        judge._ended.set()
        GO.set()
    assert JUDGED == [1]
