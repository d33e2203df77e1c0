"""Whose fault: what a container's end says about the student, and what about us.

Three witnesses that student code cannot forge: whether the engine created and started the container
(calls that run nothing of the student's), the container's state as the engine inspects it, and the
control group above it. What the started container wrote to standard error may be forged and is
never judged by.

What cannot be told: an engine marks a container as out of memory where any process in it was killed
for memory; whether the guest lived on is told by its exit code alone.

gVisor is one process with the guest in it: where memory runs out it is killed whole, and where it
gets no thread, as when a notebook makes too many processes, it breaks down with the exit code 2.
That is reported as ours under the code ``runtime_died``, since a flaw of gVisor looks the same.

Not recognised, and reported as ours under the code ``engine_refused``: any message of the engine
that is not listed in `_MESSAGES`.
"""

import json
from dataclasses import dataclass

from grader.domain.run import Stopped
from grader.errors import SandboxError
from grader.sandbox.fault import NEAR_LIMIT
from grader.sandbox.container.command import BROKEN_DOWN, KILLED

_SHELL_KILLED = 128 + 9
_NOT_EXECUTED = {126, 127}
"""Exit codes where the shell could not start the guest."""

_MESSAGES = {
    "Cannot connect to the Docker daemon": "daemon_gone",
    "Cannot connect to Podman": "daemon_gone",
    "error during connect": "daemon_gone",
    "permission denied while trying to connect": "engine_forbidden",
    "No such image": "image_missing",
    "Unable to find image": "image_missing",
    "image not known": "image_missing",
    "did not resolve to an alias": "image_missing",
    "no space left on device": "disk_full",
    "Unknown runtime": "runtime_missing",
    "default OCI runtime": "runtime_missing",
    "could not select device driver": "no_device",
    "unresolvable CDI devices": "no_device",
    "opening seccomp profile": "seccomp_refused",
    "exec: ": "interpreter_unreachable",
    "statfs ": "source_missing",
    "bind source path does not exist": "source_missing",
    "cgroup": "group_refused",
}
"""Part of an engine's message -> code of the SandboxError; the first that occurs counts."""


@dataclass(frozen=True)
class State:
    """A container's state, as the engine inspects it.

    Attributes:
        started: it has run.
        exit_code: of its first process; None while it runs, or where it never ran.
        out_of_memory: the kernel killed a process of it for memory.
        error: why it could not be started.
    """

    started: bool
    exit_code: int | None
    out_of_memory: bool
    error: str

    @classmethod
    def read(cls, inspected: bytes) -> "State | None":
        """From ``inspect --format '{{json .State}}'``; None where that is no state."""
        try:
            found = json.loads(inspected)
            started = not str(found["StartedAt"]).startswith("0001-")
            return cls(
                started=started,
                exit_code=int(found["ExitCode"]) if started and not found["Running"] else None,
                out_of_memory=bool(found["OOMKilled"]),
                error=str(found.get("Error") or ""),
            )
        except (ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True)
class Ending:
    """All that was seen of a run's end.

    Attributes:
        halted: why we ended it, or None.
        state: None: the engine knows the container no more.
        heard: bytes of results came.
        said: what the engine answered to the call that started it.
        peak: most memory that the group above the container held, bytes; None: not known.
        memory_limit: bytes.
        gvisor: the container's kernel is gVisor.
    """

    halted: Stopped | None
    state: State | None
    heard: bool
    said: str
    peak: int | None
    memory_limit: int
    gvisor: bool = False

    @property
    def out_of_memory(self) -> bool:
        """The guest was killed at its memory limit; podman does not always mark that."""
        killed = {KILLED, _SHELL_KILLED} if self.gvisor else {KILLED}
        if self.state is None or self.state.exit_code not in killed:
            return False
        full = self.peak is not None and self.peak >= NEAR_LIMIT * self.memory_limit
        return self.state.out_of_memory or full


def verdict(ending: Ending) -> Stopped | SandboxError | None:
    """The limit that ended the run, or our failure, or None: the guest ended by itself."""
    state = ending.state
    if ending.halted is not None:
        return ending.halted
    if state is None:
        return SandboxError("container_gone", f"it was removed while it ran: {ending.said}")
    if not state.started:
        return refusal(state.error or ending.said)
    if ending.out_of_memory:
        text = f"the run needed more than {ending.memory_limit} bytes"
        return Stopped(reason="memory", message=text)
    return _ours(state, ending)


def _ours(state: State, ending: Ending) -> SandboxError | None:
    """Whether it ended by what no guest can do."""
    if state.exit_code is None:
        text = f"the engine let go of a running container: {ending.said}"
        return SandboxError("engine_lost", text)
    if state.exit_code == _SHELL_KILLED:
        return SandboxError("killed_from_outside", "the container was killed by nobody's order")
    if state.exit_code == BROKEN_DOWN and ending.gvisor:
        text = "gVisor broke down: too many processes, or a flaw of its own; try another sandbox"
        return SandboxError("runtime_died", text)
    if state.exit_code in _NOT_EXECUTED and not ending.heard:
        return SandboxError("interpreter_unreachable", "no interpreter was found in the container")
    return None


def refusal(said: str) -> SandboxError:
    """Our failure, named by what the engine said instead of starting a container."""
    for part, code in _MESSAGES.items():
        if part in said:
            return SandboxError(code, f"the container engine: {said}")
    return SandboxError("engine_refused", f"the container engine: {said!r}")
