"""What `grader doctor` says about this backend: each finding with the exact fix."""

import os
import platform
import re
import time
from pathlib import Path
from typing import Protocol

from grader.errors import SandboxError
from grader.sandbox.bubblewrap import examine as shared
from grader.sandbox.interface import Finding
from grader.sandbox.linux.cgroup import Groups
from grader.sandbox.linux.layout import Interpreter

OLDEST = (5, 12)
"""Linux's first version with ``mount_setattr``."""


class Warms(shared.Runs, Protocol):
    """What is tried out."""

    def warm_up(self) -> None:
        """See `WarmSandbox`."""


def examine(sandbox: Warms, groups: Groups | None, interpreter: Interpreter) -> tuple[Finding, ...]:
    """Everything that this backend needs, and at the end one run of a guest that says "ok"."""
    findings = [
        kernel(platform.release()),
        shared.user_namespaces(Path("/proc/sys")),
        shared.architecture(platform.machine()),
        shared.control_groups(groups),
        shared.interpreter_found(interpreter, other_user=os.geteuid() == 0),
    ]
    if all(finding.ok for finding in findings if finding.required):
        findings += [libraries(sandbox), shared.trial(sandbox)]
    return tuple(findings)


def libraries(sandbox: Warms) -> Finding:
    """A parent has imported them, which every run of it then need not."""
    name, started = "warm parent", time.monotonic()
    try:
        sandbox.warm_up()
    except SandboxError as error:
        return Finding(name=name, ok=False, found=str(error), fix="use --sandbox bubblewrap")
    found = f"libraries imported in {time.monotonic() - started:.1f} s"
    return Finding(name=name, ok=True, found=found)


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
