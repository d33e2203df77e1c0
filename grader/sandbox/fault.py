"""Whose fault: what the end of a run says about the student, and what about us.

One decision for every backend. A backend translates what it alone understands (exit codes, its
program's or engine's messages) into a `Death`; the control group's counters and what we did
ourselves are the same everywhere. What a guest writes may be forged and is never judged by: a
backend may quote standard error only where nothing of the student's has run.

The student's, a `Stopped`: memory, wall time, too much or broken evidence. That a cell failed, or
reached a limit on processes, disk or output and outlived it, is the guest's to tell: here it ended
by itself, which is None. Ours, a `SandboxError`, never a zero: everything else.

What cannot be told: where no control group counts, a guest killed for the machine's memory from
one that killed itself; where nothing measures a peak, whose memory ran out (the limit is believed);
where a child was killed for memory before somebody killed the run, that it was somebody.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from grader.domain.run import Stopped
from grader.errors import SandboxError
from grader.sandbox.linux.cgroup import Usage

NEAR_LIMIT = 0.9
"""A run that stayed below this share of its memory limit was killed for someone else's memory."""


@dataclass(frozen=True)
class Exited:
    """The guest ended, by itself or killed by the kernel; `killed`: by SIGKILL."""

    killed: bool = False


@dataclass(frozen=True)
class Unstarted:
    """Nothing of the student's has run, for this reason."""

    error: SandboxError


@dataclass(frozen=True)
class Lost:
    """It ran, and no guest can end in such a way: what is around it was ended."""

    error: SandboxError


Death = Exited | Unstarted | Lost


@dataclass(frozen=True)
class Ending:
    """All that was seen of a run's end.

    Attributes:
        halted: why we ended it, or None.
        death: how its backend saw it end.
        usage: what its control group, or its backend, counted.
        memory_limit: bytes.
    """

    halted: Stopped | None
    death: Death
    usage: Usage
    memory_limit: int


def verdict(ending: Ending) -> Stopped | SandboxError | None:
    """The limit that ended the run, or our failure, or None: the guest ended by itself."""
    usage, death = ending.usage, ending.death
    if usage.oom_kills and not _reached(usage, ending.memory_limit):
        return SandboxError(
            "machine_memory",
            f"the machine ran out of memory: {usage.oom_kills} processes were killed at a peak of"
            f" {usage.peak_bytes} bytes, with {ending.memory_limit} allowed",
        )
    if ending.halted is not None:
        return ending.halted
    if isinstance(death, Unstarted):
        return death.error
    if usage.oom_kills and (isinstance(death, Lost) or death.killed):
        text = f"the run needed more than {ending.memory_limit} bytes"
        return Stopped(reason="memory", message=text)
    return death.error if isinstance(death, Lost) else None


def _reached(usage: Usage, limit: int) -> bool:
    return usage.peak_bytes is None or usage.peak_bytes >= NEAR_LIMIT * limit


def code_of(messages: Mapping[str, str], said: str, otherwise: str) -> str:
    """The code of the first part of a message that occurs in what was said."""
    return next((code for part, code in messages.items() if part in said), otherwise)
