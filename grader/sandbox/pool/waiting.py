"""One waiting sandbox: a run of a job that has no content yet."""

import shutil
import threading
import time
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.domain.run import Stopped
from grader.sandbox.interface import Job, Receive, RunEnd, Sandbox
from grader.scratch import scratch

WAITER = Path(__file__).with_name("waiter.py")
IDLE_SECONDS = 3600.0
"""How long one may wait for its job; what waits longer ends, and the next job starts cold."""
_EARLY = Stopped(reason="wall_time", message="no job came")
_LATE = Stopped(reason="wall_time", message="the run did not end when its time was up")


@dataclass
class _Orders:
    """What a waiting run is told, by the thread that has a job for it."""

    receive: Receive | None = None
    deadline: float = float("inf")
    """Of the monotonic clock."""
    dismissed: bool = False


@dataclass(frozen=True)
class _WaitingJob(Job):
    """A job whose content, and whose time, come later."""

    orders: _Orders = field(default_factory=_Orders)

    def look(self, user: int | None) -> Stopped | None:  # noqa: ARG002 - its base's signature
        """Why the run must end now."""
        if self.orders.dismissed:
            return _EARLY
        return _LATE if time.monotonic() >= self.orders.deadline else None


class Waiting:
    """A sandbox that waits for a job like `job`: with its limits and its data."""

    def __init__(self, inner: Sandbox, job: Job, modules: tuple[str, ...], seconds: float) -> None:
        """Start it.

        Args:
            inner: what runs it.
            job: whose limits and data it gets.
            modules: what it imports.
            seconds: what a run may take beyond wall and grace time.
        """
        self.kind = (job.limits, job.data)
        self._allowed = job.limits.wall_seconds + job.limits.grace_seconds + seconds
        self._held = ExitStack()
        self._folder = self._held.enter_context(scratch("waiting"))
        _fill(self._folder, modules)
        patient = {"wall_seconds": job.limits.wall_seconds + IDLE_SECONDS}
        limits = job.limits.model_copy(update=patient)
        self._job = _WaitingJob(self._folder, job.data, limits)
        self._ended: Future[RunEnd] = Future()
        # The thread that starts a run waits for it: the kernel ends a run with its thread.
        self._thread = threading.Thread(target=self._wait, args=(inner,), daemon=True)
        self._thread.start()

    def _wait(self, inner: Sandbox) -> None:
        try:
            self._ended.set_result(inner.run(self._job, self._receive))
        except BaseException as error:  # noqa: BLE001 - it belongs to whose job it was
            self._ended.set_exception(error)
        finally:
            with suppress(OSError):
                self._held.close()

    def _receive(self, chunk: bytes) -> None:
        assert self._job.orders.receive is not None, "it speaks before it was asked"
        self._job.orders.receive(chunk)

    @property
    def there(self) -> bool:
        """It has not ended."""
        return not self._ended.done()

    def run(self, job: Job, receive: Receive) -> RunEnd:
        """Give it its job, and wait for the end as `Sandbox.run` does."""
        started = time.monotonic()
        self._job.orders.receive = receive
        self._job.orders.deadline = started + self._allowed
        shutil.copytree(job.folder, self._folder / "coming")
        (self._folder / "coming").rename(self._folder / "ready")
        try:
            end = self._ended.result()
        finally:
            self.dismiss()
        return replace(
            end, facts=end.facts.model_copy(update={"seconds": time.monotonic() - started})
        )

    def dismiss(self) -> None:
        """End it, unless it has ended, and wait until nothing of it is left."""
        self._job.orders.dismissed = True
        self._thread.join()


def _fill(folder: Path, modules: tuple[str, ...]) -> None:
    guest = folder / "guest"
    guest.mkdir()
    shutil.copyfile(WAITER, guest / "__main__.py")
    (guest / "MODULES").write_text("\n".join(modules))
    for path in (folder, guest):
        path.chmod(0o755)
    for path in guest.iterdir():
        path.chmod(0o644)
