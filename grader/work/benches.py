"""What one slot of a worker grades with: a sandbox that serves run after run until it is closed."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from grader.domain.assignment import Assignment
from grader.domain.check import Lab, Memo
from grader.running import Bench
from grader.sandbox import Sandbox


@dataclass(frozen=True)
class Equipment:
    """How benches are made.

    Attributes:
        sandbox: a new one; raises SandboxError.
        bench: all that a run needs, in that sandbox; raises DataError.
        lab: what a judgement needs, where nothing runs.
        fingerprint: of all that decides what a run yields besides the notebook and the assignment:
            its data, and the secret from which seeds are drawn.
    """

    sandbox: Callable[[], Sandbox]
    bench: Callable[[Assignment, Sandbox, Memo], Bench]
    lab: Callable[[Memo], Lab]
    fingerprint: Callable[[Assignment], str]


class Benches:
    """The benches of one slot. `close` may be called from any thread."""

    def __init__(self, equipment: Equipment) -> None:
        """Build nothing yet."""
        self.equipment = equipment
        self._sandbox: Sandbox | None = None
        self._lock = Lock()

    def of(self, assignment: Assignment, memo: Memo) -> Bench:
        """A bench for one run, in the sandbox that there is, else in a new one.

        Raises:
            SandboxError: none can be built.
            DataError: a data set is missing or altered.
        """
        with self._lock:
            if self._sandbox is None:
                self._sandbox = self.equipment.sandbox()
            box = self._sandbox
        return self.equipment.bench(assignment, box, memo)

    def close(self) -> None:
        """End what runs now: it raises SandboxError("closed"). The next bench has a new sandbox."""
        with self._lock:
            box, self._sandbox = self._sandbox, None
        if box is not None:
            box.close()
