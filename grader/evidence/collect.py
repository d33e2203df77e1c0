"""Records as they come -> Evidence when the run has ended."""

from collections import Counter
from collections.abc import Callable
from typing import assert_never

from grader.domain.evidence import Answered, Evidence, ModuleAnswer
from grader.domain.job import (
    AnswerGiven,
    CellFinished,
    CellStarted,
    End,
    Hello,
    JobSpec,
    Progress,
    Record,
)
from grader.domain.run import CellRun, Environment, SandboxFacts, Stopped
from grader.errors import EvidenceError
from grader.evidence.decode import answered, read
from grader.evidence.frames import FrameReader

MAX_ANSWERS = 2000
MAX_ANSWERS_TO_A_PROBE = 40
"""The guest gives at most 26; to judge 40 wrong networks takes seconds."""
MAX_RECORDS = 200_000
MAX_ARRAYS = 100_000
"""Of all answers together: an empty one costs 700 bytes. The guest sends a few hundred."""
MAX_VALUES = 400_000
"""Values in the records of all answers together: each costs 130 bytes. The guest sends a few
thousand."""
MAX_TOLD = 16 * 1024**2
"""Bytes of JSON about finished cells, beside what these may print, twice for its escapes."""


class Collector:
    """Gathers one run's records; `on_record` hears each, `on_answer` each answer with arrays."""

    def __init__(
        self,
        spec: JobSpec,
        on_record: Callable[[Record], None] = lambda _: None,
        on_answer: Callable[[Answered], None] = lambda _: None,
    ) -> None:
        self._indices = {cell.index: None for cell in spec.cells}
        self._probes = {probe.id for probe in spec.probes}
        self._second = bool(spec.again)
        self._reader = FrameReader(spec.limits.answer_bytes)
        self._on_record, self._on_answer = on_record, on_answer
        self._environment: Environment | None = None
        self._running: int | None = None
        self._cells: dict[int, CellRun] = {}
        self._answers: list[Answered] = []
        self._given: Counter[str] = Counter()
        self._end: End | None = None
        self._records = 0
        self._arrays = 0
        self._values = 0
        self._room_for_cells = MAX_TOLD + 2 * spec.limits.output_bytes

    @property
    def started(self) -> bool:
        """The guest said hello: before that, no student code has run."""
        return self._environment is not None

    def feed(self, chunk: bytes) -> None:
        """Take bytes as they come. Raises EvidenceError where they break the format or a cap."""
        for frame in self._reader.feed(chunk):
            self._records += 1
            if self._records > MAX_RECORDS:
                raise EvidenceError(f"more than {MAX_RECORDS} records came")
            if self._end is not None:
                raise EvidenceError("a record came after the closing one")
            item, values = read(frame.header)
            if isinstance(item, AnswerGiven):
                self._values += values
                self._take_answer(answered(item, frame))
            elif frame.payload:
                raise EvidenceError(f"a {item.type} record carries arrays")
            else:
                self._room_for_cells -= len(frame.header) * isinstance(item, CellFinished)
                self._take(item)
            self._on_record(item)

    def _take_answer(self, item: Answered) -> None:
        self._arrays += len(item.tensors)
        if self._values > MAX_VALUES or self._arrays > MAX_ARRAYS:
            raise EvidenceError(
                f"the answers hold more than {MAX_VALUES} values or {MAX_ARRAYS} arrays together"
            )
        if item.answer.probe not in self._probes:
            raise EvidenceError(f"an answer to a probe never asked: {item.answer.probe[:100]!r}")
        retrained = isinstance(item.answer, ModuleAnswer) and item.answer.when == "retrained"
        if retrained and not self._second:
            raise EvidenceError("an answer of a second run, in the first")
        if len(self._answers) >= MAX_ANSWERS:
            raise EvidenceError(f"more than {MAX_ANSWERS} answers came")
        self._given[item.answer.probe] += 1
        if self._given[item.answer.probe] > MAX_ANSWERS_TO_A_PROBE:
            raise EvidenceError(
                f"more than {MAX_ANSWERS_TO_A_PROBE} answers came to {item.answer.probe[:100]!r}"
            )
        self._answers.append(item)
        self._on_answer(item)

    def _take(self, item: Hello | CellStarted | Progress | CellFinished | End) -> None:
        match item:
            case Hello():
                self._environment = self._environment or item.environment
            case CellStarted():
                self._running = self._known(item.index)
            case CellFinished():
                if self._room_for_cells < 0:
                    raise EvidenceError("the cells told more than they may print")
                if item.cell.index in self._indices:
                    self._cells.setdefault(item.cell.index, item.cell)
                self._running = None
            case End():
                self._end = item.model_copy(update={"cell": self._known(item.cell)})
            case Progress():
                pass
            case _:
                assert_never(item)

    def _known(self, index: int | None) -> int | None:
        """The index where a cell has it that was sent to be run, else None."""
        return index if index in self._indices else None

    def evidence(self, facts: SandboxFacts, stopped: Stopped | None) -> Evidence:
        """All that came, with what the sandbox measured; cells that never ended are filled in."""
        verdict = self._verdict(facts, stopped)
        cells = tuple(self._cell(index, verdict) for index in self._indices)
        return Evidence(
            environment=self._environment or Environment(),
            cells=cells,
            answers=tuple(self._answers),
            stopped=verdict,
            facts=facts,
        )

    def _verdict(self, facts: SandboxFacts, stopped: Stopped | None) -> Stopped:
        if stopped is not None:
            if stopped.cell is None and stopped.reason != "finished":
                cell = self._end.cell if self._end and self._end.cell is not None else None
                return stopped.model_copy(update={"cell": self._running if cell is None else cell})
            return stopped
        if self._end is None:
            return Stopped(
                reason="killed",
                cell=self._running,
                message="the run ended without its closing record: its processes were killed",
            )
        if self._end.reason == "kernel_died" and facts.oom_kills:
            return Stopped(
                reason="memory",
                cell=self._end.cell,
                message="the notebook needed more memory than a run may use",
            )
        return Stopped(reason=self._end.reason, cell=self._end.cell, message=self._end.message)

    def _cell(self, index: int, stopped: Stopped) -> CellRun:
        if index in self._cells:
            return self._cells[index]
        died = index == self._running
        timed_out = died and stopped.reason == "wall_time"
        return CellRun(
            index=index, status="timed_out" if timed_out else "killed" if died else "not_run"
        )
