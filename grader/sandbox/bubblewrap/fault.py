"""Whose fault: what a run's end says about the student, and what about us.

Student code runs only once bubblewrap has started the guest. Until then everything on standard
error is bubblewrap's or the launcher's; afterwards it may be forged. So the question "had the guest
started" is answered by what student code cannot write: bubblewrap's status descriptor, on which the
guest's exit code appears, and the result pipe, silent before the guest runs.

Not recognised, and reported as ours under the code ``unrecognised``: any message before the start
that is not listed in `_MESSAGES`.
"""

import json
from dataclasses import dataclass

from grader.domain.run import Stopped
from grader.errors import SandboxError
from grader.sandbox.linux.cgroup import Usage

NEAR_LIMIT = 0.9
"""A run that stayed below this share of its memory limit was killed for someone else's memory."""
_SIGKILL_CODE = 128 + 9
_NOT_EXECUTED = {126, 127}
"""Exit codes of ``prlimit`` where it could not start the guest."""

_MESSAGES = {
    "No permissions to create new namespace": "no_user_namespaces",
    "Creating new namespace failed": "no_user_namespaces",
    "setting up uid map": "no_user_namespaces",
    "cannot open /proc/sys/user/max_user_namespaces": "no_proc_sys",
    "Can't mount proc": "no_proc",
    "Can't find source path": "source_missing",
    "Unknown option": "bubblewrap_too_old",
    "seccomp": "seccomp_refused",
    "execvp": "interpreter_unreachable",
    "prlimit: failed to execute": "interpreter_unreachable",
    "unshare: Operation not permitted": "no_mount_namespace",
    "launcher: the grading process is gone": "orphaned",
    "launcher:": "launcher_failed",
}
"""Part of a message -> code of the SandboxError; the first that occurs counts."""


@dataclass(frozen=True)
class Ending:
    """All that was seen of a run's end.

    Attributes:
        halted: why we ended it, or None.
        status: what bubblewrap wrote to its status descriptor.
        returncode: of the launcher or of bubblewrap, negative for a signal.
        heard: bytes of results came.
        usage: the control group's counters.
        memory_limit: bytes.
        stderr: the last of standard error.
    """

    halted: Stopped | None
    status: bytes
    returncode: int
    heard: bool
    usage: Usage
    memory_limit: int
    stderr: str


def verdict(ending: Ending) -> Stopped | SandboxError | None:
    """The limit that ended the run, or our failure, or None: the guest ended by itself."""
    usage = ending.usage
    if usage.oom_kills and not _reached(usage, ending.memory_limit):
        return SandboxError(
            "machine_memory",
            f"the machine ran out of memory: {usage.oom_kills} processes were killed at a peak of"
            f" {usage.peak_bytes} bytes, with {ending.memory_limit} allowed",
        )
    if ending.halted is not None:
        return ending.halted
    code = guest_exit_code(ending.status)
    if usage.oom_kills and code in {None, _SIGKILL_CODE}:
        return Stopped(
            reason="memory", message=f"the run needed more than {ending.memory_limit} bytes"
        )
    if code is not None and (ending.heard or code not in _NOT_EXECUTED):
        return None
    if ending.heard:
        return SandboxError(
            "killed_from_outside", f"bubblewrap ended with {ending.returncode}, by nobody's order"
        )
    return _before_start(ending)


def guest_exit_code(status: bytes) -> int | None:
    """The guest's exit code (128 + N for signal N); None where it never started or never ended."""
    for line in status.splitlines():
        try:
            code = json.loads(line).get("exit-code")
        except ValueError:  # cut off: bubblewrap died while it wrote
            continue
        if isinstance(code, int):
            return code
    return None


def _reached(usage: Usage, limit: int) -> bool:
    return usage.peak_bytes is None or usage.peak_bytes >= NEAR_LIMIT * limit


def _before_start(ending: Ending) -> SandboxError:
    said = ending.stderr.strip()
    for part, code in _MESSAGES.items():
        if part in said:
            return SandboxError(code, f"the sandbox did not start: {said}")
    return SandboxError(
        "unrecognised", f"the sandbox ended with {ending.returncode} before it started: {said!r}"
    )
