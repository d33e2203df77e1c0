"""When leases may be taken back: only where workers have had the time to renew them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic


class Patience:
    """Knows since when the database was reached again and again, by a clock that did not jump.

    Workers cannot renew a lease while the database is gone, and where this clock jumped, leases
    look older than they are. Both cost no submission a failure: leases are left alone until one of
    full length has passed since.
    """

    def __init__(
        self, lease: timedelta, seconds: Callable[[], float] = monotonic, slack: float = 5
    ) -> None:
        """Begin impatient only after the first lease.

        Args:
            lease: of the workers.
            seconds: a clock that never jumps.
            slack: seconds by which two clocks may differ, and a look may be late.
        """
        self._lease, self._seconds = lease.total_seconds(), seconds
        self._slack = slack
        self._since = seconds()
        self._last: tuple[datetime, float] | None = None

    def reached(self, now: datetime) -> bool:
        """The database was reached at this moment; whether leases that are over may be taken."""
        ticks = self._seconds()
        if self._last is not None:
            before, then = self._last
            passed = ticks - then
            jumped = abs((now - before).total_seconds() - passed) > self._slack
            if jumped or passed > self._lease + self._slack:
                self._since = ticks
        self._last = (now, ticks)
        return ticks - self._since >= self._lease

    def missed(self) -> None:
        """The database was not reached."""
        self._since = self._seconds()
