"""Real processes for tests: each has a log, ends by its own number, and within a bounded time."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_LOOK_SECONDS = 0.02
_END_SECONDS = 20


def until(
    what: str, happened: Callable[[], object], seconds: float = 30, every: float = _LOOK_SECONDS
) -> None:
    """Look every so many seconds until it happened. Raises AssertionError where it does not."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"{what}: did not happen within {seconds:g} s"
        time.sleep(every)


class Process:
    """A program in a session of its own, with whatever it starts there."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str],
        user: int | None = None,
    ) -> None:
        """Start it; `user`: its number, for root to become somebody else."""
        self.log = log
        self._asked = False
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL to all of it, at once: nobody is asked."""
        self._signal(signal.SIGKILL)
        self._process.wait(_END_SECONDS)

    def pause(self) -> None:
        """SIGSTOP to all of it."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT to all of it."""
        self._signal(signal.SIGCONT)

    def ask(self, to_end: signal.Signals = signal.SIGTERM) -> None:
        """Ask its first process to end; once, for a second time means at once."""
        if self.runs and not self._asked:
            self._asked = True
            self._process.send_signal(to_end)

    def end(self, to_end: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, and kill what does not; its exit status."""
        self.ask(to_end)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        # A group lives as long as one process of it: what was left behind is killed with it.
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return self._process.wait(_END_SECONDS)

    def told(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-6000:]

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)


def below(pid: int) -> list[int]:
    """Numbers of the processes that a process has started, and of theirs."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(stat.parent.name))
    found, new = [], [pid]
    while new:
        new = [child for parent in new for child in parents.get(parent, [])]
        found += new
    return found


def alive(pid: int) -> bool:
    """Whether there is such a process that has not ended; a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
