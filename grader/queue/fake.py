"""A queue for tests, which keeps its messages in a list."""

from dataclasses import dataclass, field

from grader.domain.service import Lane
from grader.errors import QueueError


@dataclass
class FakeQueue:
    """Implements `JobQueue`.

    Attributes:
        messages: lane and id of each message, the oldest first.
        broken: every call raises, as it does where the broker is gone.
    """

    messages: list[tuple[Lane, str]] = field(default_factory=list)
    broken: bool = False

    def look(self, lane: Lane, work: str) -> None:
        """See `JobQueue`."""
        self._reach()
        self.messages.append((lane, work))

    def waiting(self, lane: Lane) -> int:
        """See `JobQueue`."""
        self._reach()
        return sum(of == lane for of, _ in self.messages)

    def close(self) -> None:
        """See `JobQueue`."""

    def _reach(self) -> None:
        if self.broken:
            raise QueueError("the broker cannot be reached: the fake was told to be broken")
