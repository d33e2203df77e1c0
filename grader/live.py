"""Judges problems while the notebook still runs, so that results show long before it ends."""

import logging
import queue
from collections.abc import Callable, Hashable
from threading import Event, Thread
from types import TracebackType
from typing import Self

from grader import scoring
from grader.domain.assignment import Assignment, Problem
from grader.domain.check import Case, Lab
from grader.domain.evidence import Answered, Evidence
from grader.domain.hidden import Hidden
from grader.domain.report import ProblemReport
from grader.domain.run import Environment, SandboxFacts, Stopped
from grader.domain.submission import Submission

_log = logging.getLogger(__name__)
_SO_FAR = SandboxFacts(sandbox="", seconds=0)


class LiveJudge:
    """A thread that judges each problem as soon as all its probes have an answer.

    What it tells is for display: the report is judged anew when the run has ended. A problem with
    full points is not judged again, since a later answer cannot take them away. Answers that came
    while it judged count together, and what waits when the run has ended is dropped: a notebook
    that forges many answers gets no more than one problem's time after its end.
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
        self._shared: dict[Hashable, object] = {}
        """For all cases; its keys hold identities of arrays, which `_answers` keeps alive."""
        self._ended = Event()
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
        self._ended.set()
        self._inbox.put(None)
        if kind is None:
            self._thread.join()

    def _work(self) -> None:
        for problem, probes in list(self._waiting.values()):
            if not probes:
                self._try(problem)
        while not self._ended.is_set():
            new = [item for item in self._queued() if item is not None]
            self._answers += new
            self._judge({item.answer.probe for item in new})

    def _queued(self) -> list[Answered | None]:
        """All that waits in the inbox, at least one."""
        items = [self._inbox.get()]
        while not self._inbox.empty():
            items.append(self._inbox.get())
        return items

    def _judge(self, new: set[str]) -> None:
        answered = {item.answer.probe for item in self._answers}
        for problem, probes in list(self._waiting.values()):
            if probes & new and probes <= answered:
                self._try(problem)

    def _try(self, problem: Problem) -> None:
        if self._ended.is_set():
            return
        try:
            self._show(problem)
        except Exception:  # noqa: BLE001 - for display only: the report judges anew
            _log.exception("problem %s could not be judged while the notebook runs", problem.id)

    def _show(self, problem: Problem) -> None:
        evidence = Evidence(
            environment=Environment(),
            cells=(),
            answers=tuple(self._answers),
            stopped=Stopped(reason="finished"),
            facts=_SO_FAR,
        )
        case = Case(self._submission, evidence, self._hidden, self._lab, self._shared)
        if not all(check.ready(case) for check in problem.checks):
            return
        report = scoring.score_problem(problem, case)
        if report.earned + report.pending >= report.possible:
            del self._waiting[problem.id]
        self._tell(report)
