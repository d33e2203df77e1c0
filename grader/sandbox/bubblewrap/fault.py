"""How bubblewrap tells of a run's end; whose fault it is, `grader.sandbox.fault` decides.

Student code runs only once bubblewrap has started the guest. Until then everything on standard
error is bubblewrap's or the launcher's; afterwards it may be forged. So the question "had the guest
started" is answered by what student code cannot write: bubblewrap's status descriptor, on which the
guest's exit code appears, and the result pipe, silent before the guest runs.

Not recognised, and reported as ours under the code ``unrecognised``: any message before the start
that is not listed in `_MESSAGES`.
"""

import json

from grader.errors import SandboxError
from grader.sandbox.fault import Death, Exited, Lost, Unstarted, code_of
from grader.sandbox.linux.running import Told

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
    "PR_SET_SECCOMP": "seccomp_refused",
    "execvp": "interpreter_unreachable",
    "prlimit: failed to execute": "interpreter_unreachable",
    "unshare: Operation not permitted": "no_mount_namespace",
    "launcher: the grading process is gone": "orphaned",
    "launcher:": "launcher_failed",
}
"""Part of a message -> code of the SandboxError; the first that occurs counts."""


def death(told: Told, returncode: int) -> Death:
    """How it ended. `returncode`: of the launcher or of bubblewrap, negative for a signal."""
    code = guest_exit_code(told.status)
    if code is not None and (told.heard or code not in _NOT_EXECUTED):
        return Exited(killed=code == _SIGKILL_CODE)
    if told.heard or (code is None and told.usage.oom_kills):
        text = f"bubblewrap ended with {returncode}, by nobody's order"
        return Lost(SandboxError("killed_from_outside", text))
    said = told.stderr.strip()
    named = code_of(_MESSAGES, said, "unrecognised")
    text = f"the sandbox ended with {returncode} before it started: {said!r}"
    return Unstarted(SandboxError(named, text))


def guest_exit_code(status: bytes) -> int | None:
    """The guest's exit code (128 + N for signal N); None where it never started or never ended."""
    code = _documents(status).get("exit-code")
    return code if isinstance(code, int) else None


def own_namespaces(status: bytes) -> frozenset[int]:
    """Numbers of the namespaces that the run had for itself."""
    told = _documents(status).items()
    return frozenset(n for name, n in told if name.endswith("-namespace") and isinstance(n, int))


def _documents(status: bytes) -> dict[str, object]:
    """The members of all documents together."""
    found: dict[str, object] = {}
    for line in status.splitlines():
        try:
            found.update(json.loads(line))
        except ValueError:  # cut off: bubblewrap died while it wrote
            continue
    return found
