"""How an engine tells of a container's end; whose fault it is, `grader.sandbox.fault` decides.

Three witnesses that student code cannot forge: whether the engine created and started the container
(calls that run nothing of the student's), the container's state as the engine inspects it, and the
control group above it. What the started container wrote to standard error may be forged and is
never judged by.

What cannot be told: an engine marks a container as out of memory where any process in it was killed
for memory; whether the guest lived on is told by its exit code alone.

gVisor is one process with the guest in it: where memory runs out it is killed whole, or sometimes
breaks down with the exit code 2; and so it does where it gets no thread, as when a notebook makes
too many processes. With room in its memory that is reported as ours under the code
``runtime_died``, since a flaw of gVisor looks the same.

Not recognised, and reported as ours under the code ``engine_refused``: any message of the engine
that is not listed in `_MESSAGES`.
"""

import json
from dataclasses import dataclass, replace

from grader.errors import SandboxError
from grader.sandbox.container.command import BROKEN_DOWN, KILLED
from grader.sandbox.fault import NEAR_LIMIT, Death, Exited, Lost, Unstarted, code_of
from grader.sandbox.linux.cgroup import Usage
from grader.sandbox.linux.running import Seen, Told

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
    "error while creating mount source path": "source_missing",
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
class Bound:
    """What bounded a container.

    Attributes:
        memory: bytes.
        gvisor: its kernel is gVisor.
    """

    memory: int
    gvisor: bool = False


def seen(state: State | None, told: Told, bound: Bound) -> Seen:
    """How it ended. `state`: None: the engine knows the container no more."""
    out_of_memory = state is not None and (
        state.out_of_memory or _killed_when_full(state, told.usage, bound)
    )
    usage = replace(told.usage, oom_kills=max(told.usage.oom_kills, int(out_of_memory)))
    return Seen(_death(state, told, gvisor=bound.gvisor), usage)


def _killed_when_full(state: State, usage: Usage, bound: Bound) -> bool:
    """The guest was killed at its memory limit, which podman does not always mark."""
    killed = {KILLED, _SHELL_KILLED, BROKEN_DOWN} if bound.gvisor else {KILLED}
    full = usage.peak_bytes is not None and usage.peak_bytes >= NEAR_LIMIT * bound.memory
    return full and state.exit_code in killed


def _death(state: State | None, told: Told, *, gvisor: bool) -> Death:
    said = told.stderr.strip()
    if state is None:
        return _lost("container_gone", f"it was removed while it ran: {said}")
    if not state.started:
        return Unstarted(refusal(state.error or said))
    if state.exit_code is None:
        return _lost("engine_lost", f"the engine let go of a running container: {said}")
    if state.exit_code in _NOT_EXECUTED and not told.heard:
        text = "no interpreter was found in the container"
        return Unstarted(SandboxError("interpreter_unreachable", text))
    return _exited(state.exit_code, gvisor=gvisor)


def _exited(code: int, *, gvisor: bool) -> Death:
    if code == _SHELL_KILLED:
        return _lost("killed_from_outside", "the container was killed by nobody's order")
    if code == BROKEN_DOWN and gvisor:
        text = "gVisor broke down: too many processes, or a flaw of its own; try another sandbox"
        return _lost("runtime_died", text)
    return Exited(killed=code == KILLED)


def _lost(code: str, text: str) -> Lost:
    return Lost(SandboxError(code, text))


def refusal(said: str) -> SandboxError:
    """Our failure, named by what the engine said instead of starting a container."""
    code = code_of(_MESSAGES, said, "engine_refused")
    return SandboxError(code, f"the container engine: {said!r}")


def unknown(said: str) -> bool:
    """Whether an engine said that there is no such container, and not that it could not look."""
    return "no such container" in said.lower()
