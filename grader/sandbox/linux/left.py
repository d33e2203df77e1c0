"""Proves that nothing is left of a run: no process, no namespace of its own, no mount, no group.

It is asked once everything was killed and removed, since killing is a request: a process in
uninterruptible sleep, or one that got out of what we kill by, is found here and not by the next
student's run. Asked of the kernel, not of who removed them.

What cannot be told: whether an engine's own store holds a file of the container; the engine is
asked for the container instead. And of an engine that gives its containers other users, or whose
processes are on another machine, whether one of them lives on.
"""

import os
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox.linux.cgroup_files import PATIENCE

_PROC = Path("/proc")
_KINDS = ("pid", "mnt", "net", "ipc")
"""Namespaces that each run has of its own."""
_DEAD = {"Z", "X"}
"""States of a process that holds nothing any more. Its id stays until its parent asks for it: an
orphan's is the machine's init, and some take seconds."""


@dataclass(frozen=True)
class Trace:
    """What a run could leave.

    Attributes:
        name: of its slot.
        namespaces: numbers of the namespaces that it had for itself, where its backend knows them;
            of a container its user must tell.
        user: whom its processes run as; None: as we do.
        ended: when it was killed, seconds since boot. The kernel gives the number of a namespace
            that is gone to the next one: who began later is not of this run.
        groups: folders of its control group.
        folder: its job's, which was bound into its view.
    """

    name: str
    namespaces: Collection[int]
    user: int | None
    ended: float
    groups: tuple[Path, ...]
    folder: Path


def prove_nothing_left(trace: Trace, proc: Path = _PROC, patience: float = PATIENCE) -> None:
    """Return once nothing is left; the kernel takes its time to end what was killed.

    Raises:
        SandboxError: something is still there after `patience` seconds; says what.
    """
    deadline = time.monotonic() + patience
    while left := tuple(_left(trace, proc)):
        if time.monotonic() > deadline:
            raise SandboxError("left_behind", f"{trace.name} left {', '.join(left)}")
        time.sleep(0.005)


def _left(trace: Trace, proc: Path) -> Iterator[str]:
    yield from (f"the control group {group}" for group in trace.groups if group.exists())
    if trace.namespaces or trace.user is not None:
        yield from (f"process {number}" for number in _processes(trace, proc))
    for line in (proc / "self" / "mountinfo").read_text().splitlines():
        fields = line.split(" ")
        # Where a mount is, and which part of a file system it shows (proc_pid_mountinfo(5)).
        if any(_names(field, trace) for field in fields[3:5]):
            yield f"a mount on {fields[4]}"


def _names(path: str, trace: Trace) -> bool:
    """A path of the job or of the slot; ``grader-x-1`` is another slot than ``grader-x-10``."""
    return str(trace.folder) in path or trace.name in path.split("/")


def _processes(trace: Trace, proc: Path) -> Iterator[str]:
    for process in proc.iterdir():
        if process.name.isdigit():
            with suppress(OSError):  # gone meanwhile, or somebody else's
                if _is_of(trace, process):
                    yield process.name


def _is_of(trace: Trace, process: Path) -> bool:
    # From its third field on: proc_pid_stat(5).
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    state, began = fields[0], int(fields[19]) / os.sysconf("SC_CLK_TCK")
    if trace.user not in {None, process.stat().st_uid} or began > trace.ended:
        return False
    if state in _DEAD:
        return False
    if not trace.namespaces:  # an engine's container: on this machine its user is nobody else's
        return True
    spaces = {(process / "ns" / kind).stat().st_ino for kind in _KINDS}
    # What is shared with us is nobody's own: a run without a namespace of its own names ours.
    return bool((spaces - _ours()) & set(trace.namespaces))


def _ours() -> set[int]:
    own = Path("/proc/self/ns")
    return {(own / kind).stat().st_ino for kind in _KINDS}
