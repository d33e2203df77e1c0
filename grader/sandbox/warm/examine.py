"""What `grader doctor` says about this backend: each finding with the exact fix."""

import os
import platform
import re
from pathlib import Path

from grader.sandbox.bubblewrap import examine as shared
from grader.sandbox.interface import Finding
from grader.sandbox.linux.cgroup import Groups
from grader.sandbox.linux.layout import Interpreter

OLDEST = (5, 12)
"""Linux's first version with ``mount_setattr``."""


def examine(
    sandbox: shared.Runs, groups: Groups | None, interpreter: Interpreter
) -> tuple[Finding, ...]:
    """Everything that this backend needs, and at the end one run of a guest that says "ok"."""
    findings = [
        kernel(platform.release()),
        shared.user_namespaces(Path("/proc/sys")),
        shared.architecture(platform.machine()),
        shared.control_groups(groups),
        shared.interpreter_found(interpreter, other_user=os.geteuid() == 0),
    ]
    if all(finding.ok for finding in findings if finding.required):
        findings.append(shared.trial(sandbox))
    return tuple(findings)


def kernel(release: str) -> Finding:
    """The kernel knows the newer calls for mounts."""
    numbers = re.match(r"(\d+)\.(\d+)", release)
    ok = numbers is not None and (int(numbers[1]), int(numbers[2])) >= OLDEST
    wanted = ".".join(map(str, OLDEST))
    return Finding(
        name="kernel",
        ok=ok,
        found=f"Linux {release}",
        fix="" if ok else f"run on Linux {wanted} or newer, or with --sandbox bubblewrap",
    )
