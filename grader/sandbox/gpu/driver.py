"""The driver port: which GPUs there are, and who holds how much of their memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from grader.sandbox.gpu.device import Gpu


class DriverError(Exception):
    """The driver did not answer, or said that it cannot."""


class Driver(Protocol):
    """Asks about GPUs without using them. Every method may raise `DriverError`."""

    def gpus(self) -> tuple[Gpu, ...]:
        """Every GPU; none where the machine has no driver."""

    def used(self, gpu: Gpu) -> int:
        """Bytes of its memory that are taken, by whomever."""

    def processes(self, gpu: Gpu) -> Mapping[int, int]:
        """Process id -> bytes that it holds there."""


@dataclass
class FakeDriver:
    """For tests: GPUs that are said to be there.

    Attributes:
        present: the GPUs.
        held: uuid -> process id -> bytes.
        other: uuid -> bytes that nobody known holds.
        broken: what it says instead of an answer; empty: it answers.
    """

    present: tuple[Gpu, ...] = ()
    held: dict[str, dict[int, int]] = field(default_factory=dict)
    other: dict[str, int] = field(default_factory=dict)
    broken: str = ""

    def gpus(self) -> tuple[Gpu, ...]:
        """See `Driver`."""
        self._answer()
        return self.present

    def used(self, gpu: Gpu) -> int:
        """See `Driver`."""
        self._answer()
        return sum(self.held.get(gpu.uuid, {}).values()) + self.other.get(gpu.uuid, 0)

    def processes(self, gpu: Gpu) -> Mapping[int, int]:
        """See `Driver`."""
        self._answer()
        return dict(self.held.get(gpu.uuid, {}))

    def _answer(self) -> None:
        if self.broken:
            raise DriverError(self.broken)
