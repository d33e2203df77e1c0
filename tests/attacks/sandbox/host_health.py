"""Whether the host is as it was: nothing of a run left, and the grading process no bigger."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox_jobs import control_groups, label_of

from grader.domain.limits import MIB
from grader.sandbox.container import ContainerSandbox
from grader.sandbox.interface import Sandbox

GROWTH = 48 * MIB
"""What the grading process may need more at its peak; a run that floods it would need gigabytes."""


@contextmanager
def stays_well(sandbox: Sandbox, folder: Path) -> Iterator[None]:
    """Fails where a run of jobs below the folder leaves anything, or makes this process big."""
    label = label_of(sandbox)
    Path("/proc/self/clear_refs").write_text("5")  # begin the peak anew (proc(5))
    peak, descriptors = _peak(), _descriptors()
    yield
    grown = _peak() - peak
    assert grown < GROWTH, f"the grading process grew by {grown} bytes"
    assert _descriptors() == descriptors
    assert str(folder) not in Path("/proc/self/mountinfo").read_text()
    assert control_groups(label) == frozenset()  # none goes that has a process
    if isinstance(sandbox, ContainerSandbox):
        listed = sandbox.engine.call("ps", "--all", "--format", "{{.Names}}")
        assert label not in listed.out.decode()


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _peak() -> int:
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x)
    return int(line.split()[1]) * 1024
