"""Whose fault: what a forked run's end says about the student, and what about us.

A run's keeper writes one line to the status pipe, which nothing inside can reach: the guest's exit
code, or why the guest never began, or that the first process was killed. No line at all: the keeper
was killed, by us, or with its parent.
"""

import json

from grader.domain.run import Stopped
from grader.errors import SandboxError
from grader.sandbox.bubblewrap import fault

_FAILED = {
    "unshare": "no_user_namespaces",
    "uid_map": "no_user_namespaces",
    "mount proc": "no_proc",
    "open_tree": "source_missing",
    "PR_SET_SECCOMP": "seccomp_refused",
    "the warm parent is gone": "orphaned",
}
"""Part of what a keeper says -> code of the SandboxError; the first that occurs counts."""


def verdict(ending: fault.Ending) -> Stopped | SandboxError | None:
    """The limit that ended the run, or our failure, or None: the guest ended by itself."""
    said = failure(ending.status)
    if said is not None:
        code = next((code for part, code in _FAILED.items() if part in said), "warm_fork")
        return SandboxError(code, f"the sandbox did not start: {said}")
    return fault.verdict(ending)


def failure(status: bytes) -> str | None:
    """Why the guest never began; None: it did, or nobody knows."""
    try:
        said = json.loads(status or b"{}").get("failed")
    except ValueError:  # cut off: the keeper was killed while it wrote
        return None
    return str(said) if said is not None else None
