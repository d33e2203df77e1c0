"""Judges problems while the notebook still runs, so that results show long before it ends."""

import queue
from collections.abc import Callable
from threading import Thread
from types import TracebackType
from typing import Self

from grader import scoring
from grader.domain.assignment import Assignment, Problem
from grader.domain.check import Case, Lab
from grader.domain.evidence import Answered, Environment, Evidence, SandboxFacts, Stopped
from grader.domain.hidden import Hidden
from grader.domain.report import ProblemReport
from grader.domain.submission import Submission

_SO_FAR = SandboxFacts(sandbox="", seconds=0)


class LiveJudge:
    """A thread that judges each problem as soon as all its probes have an answer.

    What it tells is for display: the report is judged anew when the run has ended. A problem with
    full points is not judged again, since a later answer cannot take them away.
    """

    def __init__(
        self,
        assignment: Assignment,
        submission: Submission,
        hidden: Hidden,
        lab: Lab,
        tell: Callable[[ProblemReport], None],
    ) -> None:
        self._submission, self._hidden, self._lab, self._tell = submission, hidden, lab, tell
        self._waiting = {
            problem.id: (problem, scoring.probes_of(problem, hidden))
            for problem in assignment.problems
        }
        self._answers: list[Answered] = []
        self._inbox: queue.SimpleQueue[Answered | None] = queue.SimpleQueue()
        self._thread = Thread(target=self._work, name="live-judge", daemon=True)

    def hear(self, item: Answered) -> None:
        """Take an answer; returns at once."""
        self._inbox.put(item)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inbox.put(None)
        if kind is None:
            self._thread.join()

    def _work(self) -> None:
        self._judge(probe=None)
        while (item := self._inbox.get()) is not None:
            self._answers.append(item)
            self._judge(item.answer.probe)

    def _judge(self, probe: str | None) -> None:
        answered = {item.answer.probe for item in self._answers}
        for problem, probes in list(self._waiting.values()):
            due = not probes if probe is None else probe in probes and probes <= answered
            if due:
                self._show(problem)

    def _show(self, problem: Problem) -> None:
        evidence = Evidence(
            environment=Environment(),
            cells=(),
            answers=tuple(self._answers),
            stopped=Stopped(reason="finished"),
            facts=_SO_FAR,
        )
        case = Case(self._submission, evidence, self._hidden, self._lab)
        if not all(check.ready(case) for check in problem.checks):
            return
        report = scoring.score_problem(problem, case)
        if report.earned + report.pending >= report.possible:
            del self._waiting[problem.id]
        self._tell(report)
