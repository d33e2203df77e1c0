"""The processes of a worker: one that reports and is told what to do, and slots, which grade.

Slots are forks of the first process, made before it has threads that could hold a lock, each with
connections of its own. The first process holds the only end of a pipe into which nothing is ever
written: when it closes that, or dies, every slot sees the end of the pipe and gives its work back.
(Celery asks the kernel to kill slots whose parent is gone: they may not come to it.)
"""

import os
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import structlog
from celery import signals

from grader import logs
from grader.domain.service import Lane
from grader.errors import LedgerError
from grader.settings import Settings
from grader.work import Desk, Looked, look
from grader.work.resting import Resting
from tasks.pulse import Pulse

MakeDesk = Callable[[Settings, str, int], Desk]
MakePulse = Callable[[Settings, str, tuple[Lane, ...], int], Pulse]
BROKEN_SECONDS = 5.0
"""A slot that can do nothing takes its time: else it uses up the messages of those that can."""
MAX_NAME = 64
"""Characters of a worker's name in the database."""
_log = structlog.get_logger(__name__)


class Slots:
    """A worker, in each of its processes."""

    def __init__(self, settings: Settings, make_desk: MakeDesk, make_pulse: MakePulse) -> None:
        """Connect to nothing yet."""
        self._settings, self._make_desk, self._make_pulse = settings, make_desk, make_pulse
        self._name, self._slots = "", 1
        self._lanes: tuple[Lane, ...] = ()
        self._pulse: Pulse | None = None
        self._leaving = Event()
        self._parents_end: int | None = None
        self._slots_end: int | None = None
        self._desk: Desk | None = None
        self._resting = Resting()

    def connect(self) -> None:
        """Hear of what Celery does with this process."""
        signals.setup_logging.connect(_set_up_logging, weak=False)
        signals.celeryd_init.connect(self._begin, weak=False)
        signals.worker_ready.connect(self._ready, weak=False)
        signals.worker_shutting_down.connect(self._leave, weak=False)
        signals.worker_shutdown.connect(self._left, weak=False)
        signals.worker_process_init.connect(self._be_slot, weak=False)

    def look(self, lane: Lane, work: str) -> Looked:
        """Look once, in a slot.

        Raises:
            Exception: nothing could be claimed, such as where the assignments cannot be loaded.
        """
        try:
            found = look(self._at_desk(), lane, work)
        except LedgerError as error:
            _log.warning("database_gone", lane=lane, error=str(error))
            self._leaving.wait(BROKEN_SECONDS)
            return Looked("nothing")
        except Exception:
            self._leaving.wait(BROKEN_SECONDS)
            raise
        self._leaving.wait(self._resting.seconds(found))
        return found

    def _at_desk(self) -> Desk:
        if self._desk is None:
            self._desk = self._make_desk(self._settings, self._name, self._slots)
            Thread(target=self._pass_on, args=(self._desk,), name="leaving", daemon=True).start()
        return self._desk

    def _begin(self, sender: str, options: dict[str, Any], **_: object) -> None:
        self._name = sender[:MAX_NAME]
        self._slots = int(options["concurrency"])
        self._lanes = tuple(options["queues"])
        self._slots_end, self._parents_end = os.pipe()

    def _ready(self, sender: Any, **_: object) -> None:
        self._pulse = self._make_pulse(self._settings, self._name, self._lanes, self._slots)
        self._pulse.start(sender)

    def _leave(self, **_: object) -> None:
        """A signal asked the worker to end."""
        if self._parents_end is not None:
            os.close(self._parents_end)
            self._parents_end = None

    def _left(self, **_: object) -> None:
        if self._pulse is not None:
            self._pulse.stop()

    def _be_slot(self, **_: object) -> None:
        """This process was forked to grade."""
        assert self._slots_end is not None
        if self._parents_end is not None:
            os.close(self._parents_end)
        structlog.contextvars.bind_contextvars(worker=self._name)
        Thread(target=self._wait_for_end, name="parent", daemon=True).start()

    def _wait_for_end(self) -> None:
        assert self._slots_end is not None
        os.read(self._slots_end, 1)
        self._leaving.set()

    def _pass_on(self, desk: Desk) -> None:
        self._leaving.wait()
        desk.leaving.set()


def _set_up_logging(**_: object) -> None:
    logs.set_up()
