"""A program that `grader serve` keeps running, and the process that runs it now."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from grader.errors import ServeError

TIED = Path(__file__).with_name("tied.py")
MAX_LOG = 10_000_000
"""Bytes; a log that has grown beyond it starts anew, and the old one is kept beside it."""
TAIL = 2000
"""Bytes of a log that an error shows."""


@dataclass(frozen=True)
class Program:
    """What runs, and what is to be known for keeping it running.

    Attributes:
        name: short, for messages.
        command: the program and its arguments.
        log: file that its standard output and standard error are appended to.
        environment: all that it gets.
        ready: whether it does its work by now; asked again and again after each start.
        mend: called where it ended before it was ready, and before it is started again.
        grace: seconds that it gets between SIGTERM and SIGKILL.
        orphaned: the signal that it gets where we die without a chance to end it.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    ready: Callable[[], bool] = lambda: True
    mend: Callable[[], None] = lambda: None
    grace: float = 10
    orphaned: signal.Signals = signal.SIGTERM


class Child:
    """A running program, in a session of its own: a terminal's Ctrl-C is for us alone."""

    def __init__(self, program: Program) -> None:
        """Start it.

        The kernel ends it when this *thread* ends: call it in one that lives as long as it should.

        Raises:
            ServeError: no process could be started, or its log cannot be written.
        """
        self.program = program
        tie = (str(os.getpid()), str(int(program.orphaned)))
        try:
            _turn(program.log)
            with program.log.open("ab") as log:
                self._process = subprocess.Popen(  # noqa: S603 - our own programs
                    [sys.executable, "-I", "-S", "-B", str(TIED), *tie, *program.command],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=dict(program.environment),
                    start_new_session=True,
                )
        except OSError as error:
            raise ServeError(f"{program.name} could not be started: {error}") from error

    @property
    def pid(self) -> int:
        """Its process, and its process group."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """It has ended; it is not reaped yet, so that its number stays its own."""
        if self._process.returncode is not None:
            return True
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.pid, options) is not None

    def ask(self) -> None:
        """Ask it to end. Only its first process is told: that one knows in which order."""
        if not self.ended:
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> int:
        """End what is left of it and of all that it started in its group; its exit status."""
        if self._process.returncode is None:
            # Nobody else can have the number of a group whose first process is not reaped.
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        return self._process.wait()


def last_words(program: Program) -> str:
    """The end of its log, for an error."""
    try:
        with program.log.open("rb") as log:
            log.seek(-min(TAIL, os.fstat(log.fileno()).st_size), os.SEEK_END)
            return log.read(TAIL).decode(errors="replace").strip()
    except OSError:
        return ""


def _turn(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.is_file() and log.stat().st_size > MAX_LOG:
        log.replace(log.with_suffix(".old.log"))
