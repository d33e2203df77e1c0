"""How often one client may ask, and how much at once: for each, in this process."""

import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

MOST_CLIENTS = 50_000
"""Buckets that are kept; the one that was used longest ago goes first, and would be full by now."""


class Rate:
    """So many at once, and so many a minute in the long run.

    With several API processes each has buckets of its own: the bound is theirs together.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        """`per_minute`: as many may come at once, and again within each minute; 0: no bound."""
        self._size = float(per_minute)
        self._per_second = per_minute / 60
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, client: str) -> int:
        """Seconds until the client may ask again; 0: now, and this counts."""
        if not self._size:
            return 0
        with self._lock:
            now = self._clock()
            left, since = self._buckets.pop(client, (self._size, now))
            left = min(self._size, left + (now - since) * self._per_second)
            wait = 0 if left >= 1 else math.ceil((1 - left) / self._per_second)
            self._buckets[client] = (left - (wait == 0), now)
            if len(self._buckets) > MOST_CLIENTS:
                self._buckets.popitem(last=False)
            return wait


class AtOnce:
    """So many of one client, and so many of all, at the same time; for one thread."""

    def __init__(self, of_one: int, of_all: int) -> None:
        self._of_one, self._of_all = of_one, of_all
        self._open: Counter[str] = Counter()

    @contextmanager
    def one_more(self, client: str) -> Iterator[bool]:
        """Within the block there is one more of the client; False: there are enough."""
        room = self._open[client] < self._of_one and self._open.total() < self._of_all
        if not room:
            yield False
            return
        self._open[client] += 1
        try:
            yield True
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]
