"""Tells whoever watches how a run goes: an observer that appends events, about one write a second.

Only for display: where the database is gone, events are dropped and the run goes on. So they are
where the row is not ours any more: a worker that wakes late tells nothing of a run that is over.
"""

from collections.abc import Mapping
from contextvars import copy_context
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self

import structlog

from grader.domain.job import CellFinished, CellStarted, Hello, Progress, Record
from grader.domain.progress import latest
from grader.domain.report import ProblemReport
from grader.domain.submission import Submission as Notebook
from grader.errors import LedgerError
from grader.ledger import claims, events
from grader.ledger.claims import Claim
from grader.ledger.work import Submission
from grader.logs import where
from grader.work.desk import Desk

EVERY_SECONDS = 1.0
LAST_SECONDS = 5.0
"""So long the result of a run waits for what is still to be told."""
MOST = 200
"""Events of one write; of a notebook with thousands of cells the latest are told."""
_log = structlog.get_logger(__name__)


class Teller:
    """Implements `grader.pipeline.Observer`.

    What is told of the same thing before it was written is told once, as it stands last.
    """

    def __init__(self, desk: Desk, held: Claim) -> None:
        self._desk, self._held = desk, held
        self._waiting: dict[tuple[str, object], Mapping[str, Any]] = {}
        self._lock = Lock()
        self._some, self._over = Event(), Event()
        self._cells: dict[int, int] = {}
        """Index of each code cell, and its number from 1."""
        self._kernels = 0
        self._thread = Thread(
            target=copy_context().run, args=(self._write_often,), name="teller", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._some.set()
        self._thread.join(LAST_SECONDS)

    def on_submission(self, submission: Notebook) -> None:
        """The notebook was read."""
        code = (cell.index for cell in submission.cells if cell.kind == "code")
        self._cells = {index: number for number, index in enumerate(code, start=1)}

    def on_record(self, record: Record) -> None:
        """The guest wrote a record."""
        match record:
            case Hello():
                self._kernels += 1
                if self._kernels > 1:
                    self._tell("second_run", None, {"began": True})
            case CellStarted():
                self._tell("cell", record.index, self._cell(record.index, "running"))
            case CellFinished():
                cell = record.cell
                told = self._cell(cell.index, cell.status)
                self._tell("cell", cell.index, {**told, "seconds": round(cell.seconds, 3)})
            case Progress():
                self._progress(record)
            case _:
                pass

    def on_problem(self, problem: ProblemReport) -> None:
        """A problem was judged on the evidence so far."""
        self._tell("problem", problem.id, problem.model_dump(mode="json", exclude={"checks"}))

    def _cell(self, index: int, status: str) -> dict[str, Any]:
        return {
            "index": index,
            "number": self._cells.get(index),
            "of": len(self._cells),
            "status": status,
        }

    def _progress(self, record: Progress) -> None:
        """What it says of a training; other lines that a notebook prints are nobody's business."""
        step = latest(record.text)
        if step is not None:
            told = {name: getattr(step, name) for name in step.__slots__}
            self._tell("epoch", None, {"cell": record.index, **told})

    def _tell(self, kind: str, of: object, data: Mapping[str, Any]) -> None:
        with self._lock:
            self._waiting.pop((kind, of), None)  # told last, it stands last
            self._waiting[kind, of] = data
        self._some.set()

    def _write_often(self) -> None:
        while not self._over.is_set():
            self._some.wait()
            self._write()
            self._over.wait(EVERY_SECONDS)
        self._write()

    def _write(self) -> None:
        with self._lock:
            told, self._waiting = list(self._waiting.items())[-MOST:], {}
            self._some.clear()
        if not told:
            return
        try:
            with self._desk.ledger.write() as session:
                if not claims.holds(session, Submission, self._held):
                    return
                for (kind, _), data in told:
                    events.append(session, self._held.id, kind, data, self._desk.clock())
        except LedgerError as error:
            _log.info("events_dropped", count=len(told), error=str(error))
        except Exception as error:  # noqa: BLE001 - for display only: the run goes on
            _log.error("events_dropped", count=len(told), error=where(error))
