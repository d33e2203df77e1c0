"""The queue port: tells workers that there is work. It holds no truth: the database does."""

from typing import Protocol

from grader.domain.service import Lane


class JobQueue(Protocol):
    """Carries messages that mean "look"; one too many does no harm, a lost one is sent again."""

    def look(self, lane: Lane, work: str) -> None:
        """Tell the workers of a lane that this submission, or item of a regrade, waits.

        Raises:
            QueueError: the broker cannot be reached; the message may or may not have arrived.
        """

    def waiting(self, lane: Lane) -> int:
        """How many messages no worker has taken yet. Raises QueueError."""

    def close(self) -> None:
        """Give back all connections."""
