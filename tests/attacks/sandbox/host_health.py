"""Whether the host is as it was: nothing of a run left, and the grading process no bigger."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox_jobs import control_groups

from grader.domain.limits import MIB
from grader.sandbox.container import ContainerSandbox
from grader.sandbox.interface import Sandbox
from grader.sandbox.linux.slots import Slots

GROWTH = 48 * MIB
"""What the grading process may need more at its peak; a run that floods it would need gigabytes."""


@contextmanager
def stays_well(sandbox: Sandbox) -> Iterator[None]:
    """Fails where a run leaves anything, or makes this process big."""
    slots = sandbox.slots  # type: ignore[attr-defined]  # every backend has them, no protocol says so
    Path("/proc/self/clear_refs").write_text("5")  # begin the peak anew (proc(5))
    peak, before = _peak(), _seen()
    yield
    grown = _peak() - peak
    assert grown < GROWTH, f"the grading process grew by {grown} bytes"
    assert _seen() == before
    assert control_groups(slots.label) == frozenset()
    assert _processes_of(slots) == []
    if isinstance(sandbox, ContainerSandbox):
        listed = sandbox.engine.call("ps", "--all", "--format", "{{.Names}}")
        assert slots.label not in listed.out.decode()


def _seen() -> tuple[str, int]:
    """Mounts, and how many descriptors are open."""
    return Path("/proc/self/mountinfo").read_text(), len(os.listdir("/proc/self/fd"))


def _peak() -> int:
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x)
    return int(line.split()[1]) * 1024


def _processes_of(slots: Slots) -> list[str]:
    """Command lines of processes that run as the first slot's user while nobody holds it."""
    found = []
    with slots.hold() as slot:
        for folder in Path("/proc").iterdir():
            try:
                if folder.name.isdigit() and folder.stat().st_uid == slot.uid:
                    found.append((folder / "cmdline").read_text())
            except OSError:
                continue
    return found
