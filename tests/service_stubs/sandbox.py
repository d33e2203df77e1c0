"""A sandbox that takes its time, leaves marks and plays back what bubblewrap once recorded.

Nothing that the product reads can choose it: only tests build it.
"""

import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from grader.domain.job import JobSpec
from grader.domain.run import SandboxFacts, Stopped
from grader.errors import SandboxError
from grader.sandbox import Finding, Job, Receive, Refused, RunEnd
from service_stubs import HERE
from service_stubs.notebooks import WRONG

RECORDED = HERE / "recorded"
_LOOK_SECONDS = 0.01


class Mark(BaseModel):
    """Something that a run did; one line of the marks."""

    label: str
    event: Literal["began", "ended", "closed"]
    pid: int
    at: float
    """Monotonic, the same for all processes of the machine."""


@dataclass(frozen=True)
class Marks:
    """A file to which runs in any process append."""

    path: Path

    def add(self, label: str, event: Literal["began", "ended", "closed"]) -> None:
        mark = Mark(label=label, event=event, pid=os.getpid(), at=time.monotonic())
        line = f"{mark.model_dump_json()}\n".encode()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(descriptor, line)  # one write: lines of several processes never mix
        finally:
            os.close(descriptor)

    def read(self) -> list[Mark]:
        if not self.path.exists():
            return []
        return [Mark.model_validate_json(line) for line in self.path.read_text().splitlines()]

    def counts(self, event: str) -> Counter[str]:
        """How often each label did it."""
        return Counter(mark.label for mark in self.read() if mark.event == event)

    def settled(self) -> bool:
        """Whether each run has come to an end; not so where a process was killed."""
        events = Counter(mark.event for mark in self.read())
        return events["began"] == events["ended"] + events["closed"]


@dataclass
class StubSandbox:
    """Implements `Sandbox`."""

    marks: Marks
    name: str = "stub"
    closed: bool = False

    def examine(self) -> tuple[Finding, ...]:
        return (Finding(name="stub", ok=True, found="always there"),)

    def run(self, job: Job, receive: Receive) -> RunEnd:
        """See `Sandbox`; the notebook's comments say its label and how long it takes."""
        spec = JobSpec.model_validate_json((job.folder / "job.json").read_bytes())
        code = "\n".join(cell.source for cell in spec.cells)
        label, seconds = _comment(code, "label"), float(_comment(code, "seconds"))
        began = time.monotonic()
        self._alive(label)
        self.marks.add(label, "began")
        stopped = None
        try:
            for chunk in _halves(recorded(right=WRONG not in code)):
                receive(chunk)
                self._wait(label, seconds / 2)
        except Refused as refused:
            stopped = Stopped(reason=refused.reason, message=str(refused))
        self.marks.add(label, "ended")
        took = time.monotonic() - began
        return RunEnd(SandboxFacts(sandbox=self.name, seconds=took), stopped, "")

    def close(self) -> None:
        self.closed = True

    def _wait(self, label: str, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._alive(label)
            time.sleep(min(left, _LOOK_SECONDS))

    def _alive(self, label: str) -> None:
        if self.closed:
            self.marks.add(label, "closed")
            raise SandboxError("closed", "the sandbox was closed")


def recorded(*, right: bool) -> bytes:
    """What the guest wrote; `service_stubs.record` made it."""
    return (RECORDED / ("right.bin" if right else "wrong.bin")).read_bytes()


def _halves(data: bytes) -> Iterator[bytes]:
    yield data[: len(data) // 2]
    yield data[len(data) // 2 :]


def _comment(code: str, name: str) -> str:
    found = re.search(rf"^# {name}: (\S+)$", code, re.MULTILINE)
    assert found is not None, f"no comment `# {name}: ...` in the notebook"
    return found.group(1)
