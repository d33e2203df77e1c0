"""A slot that fails again and again rests in between, so that it cannot fail at a whole class.

Something is wrong with the worker: its health may not have seen it yet, or never sees it. Others
take the work meanwhile.
"""

from grader.work.desk import Looked

FIRST_SECONDS, LAST_SECONDS = 2.0, 60.0
_NOT_THE_WORKERS = ("check_broke",)
"""Failures that every worker would have."""


class Resting:
    """How long one slot rests after a look."""

    def __init__(self) -> None:
        self._failures = 0

    def seconds(self, found: Looked) -> float:
        """Seconds after a look that came to this: doubled with each failure in a row."""
        if found.how in ("graded", "refused"):
            self._failures = 0
        if found.how != "failed" or found.reason in _NOT_THE_WORKERS:
            return 0
        self._failures += 1
        return min(FIRST_SECONDS * 2.0 ** min(self._failures - 1, 10), LAST_SECONDS)
