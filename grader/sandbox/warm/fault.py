"""How a forked run's keeper tells of its end; whose fault it is, `grader.sandbox.fault` decides.

The keeper writes lines to the status pipe, which nothing inside can reach: which namespaces it has
made, and at the end the guest's exit code, or why the guest never began, or that the first process
was killed. No such line: the keeper was killed, by us, or with its parent.
"""

import json
from contextlib import suppress
from typing import Any

from grader.errors import SandboxError
from grader.sandbox.fault import Death, Exited, Lost, Unstarted, code_of

_FAILED = {
    "unshare": "no_user_namespaces",
    "uid_map": "no_user_namespaces",
    "mount proc": "no_proc",
    "open_tree": "source_missing",
    "PR_SET_SECCOMP": "seccomp_refused",
    "the warm parent is gone": "orphaned",
}
"""Part of what a keeper says -> code of the SandboxError; the first that occurs counts."""
_SIGKILL_CODE = 128 + 9


def death(status: bytes) -> Death:
    """How a run ended, from what is in its status pipe."""
    said = _said(status)
    if "failed" in said:
        found = str(said["failed"])
        code = code_of(_FAILED, found, "warm_fork")
        return Unstarted(SandboxError(code, f"the sandbox did not start: {found}"))
    if "exit-code" in said:
        return Exited(killed=said["exit-code"] == _SIGKILL_CODE)
    text = "the run, or the warm parent that it was forked from, ended by nobody's order"
    return Lost(SandboxError("killed_from_outside", text))


def namespaces(status: bytes) -> frozenset[int]:
    """Numbers of the namespaces that were the run's own; none where it never had them."""
    return frozenset(_said(status).get("namespaces", ()))


def _said(status: bytes) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for line in status.splitlines():
        with suppress(ValueError):  # cut off: the keeper was killed while it wrote
            said |= json.loads(line)
    return said
