"""How much of a leased GPU a run holds, read from outside while it goes on."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from grader.domain.run import Stopped
from grader.sandbox.gpu.device import MIB, Lease
from grader.sandbox.gpu.driver import Driver, DriverError

EVERY_SECONDS = 0.5
"""How often the driver is asked."""
TOLERANCE = 1.02
"""Part of its share that a run may be seen to hold before it is ended."""


@dataclass
class Watched:
    """A lease under watch.

    Attributes:
        lease: what the run was given.
        driver: whom to ask.
        before: bytes of the device's memory that were taken when the run began; None: the driver
            did not answer then, so that nobody knows what was added.
        peak: the most bytes that the run was seen to hold; None: never seen.
    """

    lease: Lease
    driver: Driver
    before: int | None
    peak: int | None = None
    _next: float = field(default=0.0, repr=False)

    def look(self, user: int | None) -> Stopped | None:
        """Why the run must end now, None: it may go on. Asks the driver only now and then.

        Args:
            user: the run's uid on the host, unlike that of any other run; None: it has none of its
                own.
        """
        now = time.monotonic()
        if now < self._next:
            return None
        self._next = now + EVERY_SECONDS
        try:
            held = self._held(user)
        except DriverError:  # what that means for the run is asked when it is over
            return None
        if held is None:
            return None
        self.peak = max(self.peak or 0, held)
        if self.lease.shares == 1 or held <= self.lease.memory_bytes * TOLERANCE:
            return None
        return Stopped(
            reason="memory",
            message=f"the run held {held // MIB} MiB of the GPU's memory, of which"
            f" {self.lease.memory_bytes // MIB} MiB are its share",
        )

    def _held(self, user: int | None) -> int | None:
        """A device of its own: all that was added. A shared one: what its user's processes hold."""
        if self.lease.shares == 1:
            if self.before is None:
                return None
            return max(0, self.driver.used(self.lease.gpu) - self.before)
        if user is None:
            return None
        processes = self.driver.processes(self.lease.gpu)
        return sum(held for process, held in processes.items() if owner(process) == user)


def owner(process: int) -> int | None:
    """Its real user id; None: it is gone.

    Not the owner of its folder in /proc: that is root's once a process has asked not to be dumped.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith("Uid:"):
            return int(line.split()[1])
    return None
