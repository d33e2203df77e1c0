"""Live progress on a terminal: which cell, which epoch, and each problem's result so far."""

from threading import Lock
from time import monotonic
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from grader.domain.assignment import Assignment
from grader.domain.card import Card
from grader.domain.job import CellFinished, CellStarted, Hello, Progress, Record
from grader.domain.progress import Step, latest
from grader.domain.report import ProblemReport
from grader.domain.submission import Submission
from grader.reports.facts import STATUSES
from grader.reports.text import line


class LiveView:
    """An observer that draws on a terminal and does nothing elsewhere."""

    def __init__(self, console: Console, assignment: Assignment | Card) -> None:
        self._assignment = assignment
        self._problems: dict[str, ProblemReport] = {}
        self._cells: dict[int, str] = {}
        self._done = 0
        self._cell: int | None = None
        self._line = "starting the sandbox"
        self._step: Step | None = None
        self._start = monotonic()
        self._cell_start = self._start
        self._lock = Lock()
        self._live = (
            Live(console=console, get_renderable=self._draw, refresh_per_second=4, transient=True)
            if console.is_terminal
            else None
        )

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def on_submission(self, submission: Submission) -> None:
        """The notebook was read."""
        with self._lock:
            self._cells = {c.index: c.source for c in submission.cells if c.kind == "code"}

    def on_record(self, record: Record) -> None:
        """The guest wrote a record."""
        with self._lock:
            match record:
                case Hello():
                    self._line, self._done = "the kernel is up", 0
                case CellStarted():
                    self._cell, self._cell_start = record.index, monotonic()
                    self._line, self._step = "", None
                case Progress():
                    self._line, self._step = record.text, latest(record.text)
                case CellFinished():
                    self._done += 1
                case _:
                    pass

    def on_step(self, step: Step) -> None:
        """The running cell tells of a training."""
        with self._lock:
            self._step = step

    def on_waiting(self, words: str) -> None:
        """No cell runs; the words say what is waited for."""
        with self._lock:
            self._cell, self._done, self._line = None, 0, words

    def on_problem(self, problem: ProblemReport) -> None:
        """A problem was judged on the evidence so far."""
        with self._lock:
            self._problems[problem.id] = problem

    def _draw(self) -> Group:
        with self._lock:
            return Group(self._table(), self._status())

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 1), show_header=False)
        for problem in self._assignment.problems:
            report = self._problems.get(problem.id)
            if report is None:
                title = Text(_plain(problem.title, 70))
                table.add_row("·", title, f"  – /{problem.points:g}", "", style="dim")
                continue
            mark, _, style = STATUSES[report.status]
            note = (
                ""
                if report.status == "passed"
                else "a person grades"
                if (report.status == "pending")
                else f"so far: {report.message}"
            )
            points = f"{report.earned:g}/{report.possible:g}"
            title = Text(_plain(report.title, 70))
            table.add_row(Text(mark, style), title, points, Text(_plain(note, 70), style="dim"))
        return table

    def _status(self) -> Text:
        elapsed = _clock(monotonic() - self._start)
        if self._cell is None:
            return Text(f"{elapsed}  {_plain(self._line, 100)}", style="bold")
        number = min(self._done + 1, len(self._cells))
        head = f"{elapsed}  cell {number}/{len(self._cells)} (index {self._cell})"
        seconds = monotonic() - self._cell_start
        first = next(iter(self._cells.get(self._cell, "").strip().splitlines()), "")
        text = Text(f"{head}  {_clock(seconds)}  ", style="bold")
        text.append(_plain(first, 50), style="dim")
        if self._step is not None:
            text.append(f"\n       {_progress(self._step)}", style="cyan")
        elif self._line:
            text.append(f"\n       {_plain(self._line, 90)}", style="cyan")
        return text


def _progress(step: Step) -> str:
    parts = []
    if step.epoch is not None:
        parts.append(f"epoch {step.epoch}" + (f"/{step.epochs}" if step.epochs else ""))
    if step.iteration is not None:
        parts.append(f"batch {step.iteration}" + (f"/{step.iterations}" if step.iterations else ""))
    if step.loss is not None:
        parts.append(f"loss {step.loss:.3g}")
    if step.accuracy is not None:
        parts.append(f"accuracy {step.accuracy:.1%}")
    if step.test_accuracy is not None:
        parts.append(f"test accuracy {step.test_accuracy:.1%}")
    return ", ".join(parts)


def _plain(text: str, width: int) -> str:
    shown = line(text)
    return shown if len(shown) <= width else shown[: width - 1] + "…"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
