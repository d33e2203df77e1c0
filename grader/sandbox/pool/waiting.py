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
    """What a waiting run is told, by the thread that has a job for it; times are monotonic."""

    idle_until: float
    """When it ends, unless it is taken: later than that it has not its whole time any more."""
    receive: Receive | None = None
    deadline: float = float("inf")
    taken: bool = False
    dismissed: bool = False
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> bool:
        """Keep it for a job; False: too late."""
        with self._turn:
            self.taken = not self._over()
            return self.taken

    def look(self) -> Stopped | None:
        """Why it must end now."""
        with self._turn:
            self.dismissed = self._over()
        if self.dismissed:
            return _EARLY
        return _LATE if time.monotonic() >= self.deadline else None

    def _over(self) -> bool:
        idle = not self.taken and time.monotonic() >= self.idle_until
        return self.dismissed or idle


@dataclass(frozen=True)
class _WaitingJob(Job):
    """A job whose content, and whose time, come later."""

    orders: _Orders = field(kw_only=True)

    def look(self, user: int | None) -> Stopped | None:  # noqa: ARG002 - its base's signature
        """Why the run must end now."""
        return self.orders.look()


class Waiting:
    """A sandbox that waits for a job like `job`: with its limits and its data."""

    def __init__(
        self, inner: Sandbox, job: Job, modules: tuple[str, ...], seconds: float, idle: float
    ) -> None:
        """Start it.

        Args:
            inner: what runs it.
            job: whose limits and data it gets.
            modules: what it imports.
            seconds: what a run may take beyond wall and grace time.
            idle: how many seconds it waits for its job.
        """
        self.kind = (job.limits, job.data)
        self._allowed = job.limits.wall_seconds + job.limits.grace_seconds + seconds
        self._held = ExitStack()
        self._folder = self._held.enter_context(scratch("waiting"))
        _fill(self._folder, modules)
        limits = job.limits.model_copy(update={"wall_seconds": job.limits.wall_seconds + idle})
        orders = _Orders(idle_until=time.monotonic() + idle)
        self._job = _WaitingJob(self._folder, job.data, limits, orders=orders)
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

    def take(self) -> bool:
        """Keep it for a job, which must come at once; False: it has ended, or waited too long."""
        return self.there and self._job.orders.take()

    def run(self, job: Job, receive: Receive) -> RunEnd:
        """Give it its job, once it was taken, and wait for the end as `Sandbox.run` does."""
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
