"""A pool around any backend: sandboxes are started before there is a job, and used once.

Theory of operation. A waiting sandbox is an ordinary run of the backend inside, with all that this
means: slot, limits, filter, the proof that nothing is left. Only its job is empty at first: its
guest imports the libraries and waits until the job's content appears in its folder, which is bound
read-only. No two jobs share one, so there is nothing to share, unlike with forks. It costs what it
holds while it waits: a process with the libraries imported, and a slot.

For each job that comes, one sandbox of the same kind (limits, data) is begun for the next. Where
none is there, or it ended while it waited, the job is run as if there were no pool: cold.
"""

import threading
import weakref

from grader.errors import SandboxError
from grader.sandbox.interface import Finding, Job, Receive, RunEnd, Sandbox
from grader.sandbox.pool.waiting import IDLE_SECONDS, Waiting
from grader.sandbox.warm.parents import MODULES

STARTUP_SECONDS = 60.0
"""What a run may take beyond its limits, from when it has its job."""


class Pool:
    """Keeps up to `size` sandboxes waiting; see `Sandbox`. Safe to share by threads."""

    def __init__(
        self,
        inner: Sandbox,
        size: int,
        modules: tuple[str, ...] = MODULES,
        startup_seconds: float = STARTUP_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """Prepare; what waits is started after the first job of its kind.

        Args:
            inner: what runs them.
            size: how many wait at most.
            modules: what they import.
            startup_seconds: what a run may take beyond wall and grace time.
            idle_seconds: how long one waits for its job.
        """
        self.name: str = inner.name
        self._inner, self._size = inner, size
        self._modules = modules
        self._startup_seconds, self._idle_seconds = startup_seconds, idle_seconds
        self._waiting: list[Waiting] = []
        # Also where nobody closes it: when it is forgotten, or at exit.
        self._dismiss = weakref.finalize(self, _dismiss, self._waiting)
        self._turn = threading.Lock()
        self._closed = False

    def examine(self) -> tuple[Finding, ...]:
        """See `Sandbox`."""
        return self._inner.examine()

    def run(self, job: Job, receive: Receive) -> RunEnd:
        """See `Sandbox`. A GPU is leased to a job that is there, so such a job starts cold."""
        if job.lease is not None:
            return self._inner.run(job, receive)
        waiting = self._take(job)
        self._refill(job)
        if waiting is None:
            return self._inner.run(job, receive)
        return waiting.run(job, receive)

    def close(self) -> None:
        """See `Sandbox`."""
        with self._turn:
            self._closed = True
        self._inner.close()
        self._dismiss()

    def _take(self, job: Job) -> Waiting | None:
        """One that waits for such a job; those that ended while they waited are forgotten."""
        with self._turn:
            self._waiting[:] = [each for each in self._waiting if each.there]
            for waiting in tuple(self._waiting):
                if waiting.kind == (job.limits, job.data):
                    self._waiting.remove(waiting)
                    if waiting.take():
                        return waiting
        return None

    def _refill(self, job: Job) -> None:
        """Start what is missing for jobs like this one, in place of those for other jobs."""
        with self._turn:
            if self._closed:
                raise SandboxError("closed", "the sandbox was closed")
            others = [each for each in self._waiting if each.kind != (job.limits, job.data)]
            self._waiting[:] = [each for each in self._waiting if each not in others]
            while len(self._waiting) < self._size:
                times = self._startup_seconds, self._idle_seconds
                self._waiting.append(Waiting(self._inner, job, self._modules, *times))
        _dismiss(others)


def _dismiss(waiting: list[Waiting]) -> None:
    """End them all and wait until nothing of them is left."""
    while waiting:
        waiting.pop().dismiss()
