"""What `grader doctor` says about this backend: each finding with the exact fix."""

import os
import platform
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from grader.domain.limits import Limits
from grader.errors import SandboxError
from grader.sandbox.bubblewrap.held import MANY_FILES
from grader.sandbox.bubblewrap.seccomp import AUDIT_ARCH, supported
from grader.sandbox.interface import Finding, Job, Receive, RunEnd
from grader.sandbox.linux.cgroup import Groups
from grader.sandbox.linux.layout import Interpreter, for_all

OLDEST = (0, 8)
"""bubblewrap's first version with ``--disable-userns``."""
_MIB = 1024**2


class Runs(Protocol):
    """What is tried out."""

    def run(self, job: Job, receive: Receive) -> RunEnd:
        """See `Sandbox`."""


def examine(
    sandbox: Runs, bwrap: Path | None, groups: Groups | None, interpreter: Interpreter
) -> tuple[Finding, ...]:
    """Everything that this backend needs, and at the end one run of a guest that says "ok"."""
    findings = [
        program(bwrap),
        user_namespaces(Path("/proc/sys")),
        architecture(platform.machine()),
        control_groups(groups),
        number_of_files(counted=os.geteuid() == 0, fix="grade as root"),
        interpreter_found(interpreter, other_user=os.geteuid() == 0),
    ]
    if all(finding.ok for finding in findings if finding.required):
        findings.append(trial(sandbox))
    return tuple(findings)


def program(bwrap: Path | None) -> Finding:
    """The program is there and new enough."""
    name, fix = "bubblewrap", "apt-get install bubblewrap"
    if bwrap is None:
        return Finding(name=name, ok=False, found="not installed", fix=fix)
    try:
        said = subprocess.run(  # noqa: S603 - the path is ours
            [str(bwrap), "--version"], capture_output=True, text=True, timeout=10, check=False
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(name=name, ok=False, found=f"{bwrap}: {error}", fix=fix)
    numbers = re.search(r"(\d+)\.(\d+)", said)
    new = numbers is not None and (int(numbers[1]), int(numbers[2])) >= OLDEST
    wanted = ".".join(map(str, OLDEST))
    return Finding(
        name=name,
        ok=new,
        found=f"{bwrap}: {said or 'no version'}",
        fix="" if new else f"install bubblewrap {wanted} or newer (Debian 12 has it)",
    )


_SWITCHES = {
    "kernel/unprivileged_userns_clone": ("0", "sysctl -w kernel.unprivileged_userns_clone=1"),
    "user/max_user_namespaces": ("0", "sysctl -w user.max_user_namespaces=15000"),
    "kernel/apparmor_restrict_unprivileged_userns": (
        "1",
        "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
}
"""File below /proc/sys -> the value that forbids user namespaces, and what allows them."""


def user_namespaces(sysctl: Path) -> Finding:
    """An unprivileged user may make user namespaces, as far as the kernel's switches tell."""
    name = "user namespaces"
    for switch, (forbidden, fix) in _SWITCHES.items():
        try:
            value = (sysctl / switch).read_text().strip()
        except OSError:
            continue
        if value == forbidden:
            return Finding(name=name, ok=False, found=f"{switch} is {value}", fix=fix)
    return Finding(name=name, ok=True, found="allowed")


def architecture(machine: str) -> Finding:
    """There is a system call filter for this processor."""
    ok = supported(machine)
    fix = "" if ok else f"grade on one of: {', '.join(AUDIT_ARCH)}"
    return Finding(name="system call filter", ok=ok, found=machine, fix=fix)


def control_groups(groups: Groups | None) -> Finding:
    """Memory and processes can be limited for a run as a whole."""
    held = groups.held if groups else frozenset()
    ok = {"memory", "pids"} <= held
    found = f"version {groups.version}: {', '.join(sorted(held))}" if groups else "none writable"
    return Finding(
        name="control groups",
        ok=ok,
        found=found,
        fix=""
        if ok
        else "run as root, or start with: systemd-run --user --scope -p Delegate=yes grader ..."
        " (in a container: mount /sys/fs/cgroup writable); without them memory is limited for"
        " each process only",
        required=False,
    )


def number_of_files(*, counted: bool, fix: str) -> Finding:
    """A run may make a number of files, not as many as its memory holds."""
    return Finding(
        name="number of files",
        ok=counted,
        found="limited" if counted else MANY_FILES,
        fix="" if counted else fix,
        required=False,
    )


def interpreter_found(interpreter: Interpreter, *, other_user: bool) -> Finding:
    """The environment's interpreter exists, and who will start it may read it."""
    name, python, prefix = "interpreter", interpreter.python, interpreter.prefix
    if not python.exists():
        fix = f"make the environment anew: /usr/bin/python3 -m venv {prefix}"
        return Finding(name=name, ok=False, found=f"there is no {python}", fix=fix)
    closed = [b.source for b in interpreter.binds if other_user and not for_all(b.source)]
    if closed:
        found = f"{closed[0]} is closed to the sandbox's user"
        return Finding(name=name, ok=False, found=found, fix=f"chmod -R a+rX {closed[0]}")
    return Finding(name=name, ok=True, found=f"{python} -> {python.resolve()}")


def trial(sandbox: Runs) -> Finding:
    """A guest that only says "ok" starts and is heard."""
    name, started = "a sandbox starts", time.monotonic()
    try:
        heard = hear(sandbox, "print('ok')\n")
    except (SandboxError, OSError) as error:
        code = error.code if isinstance(error, SandboxError) else "os"
        return Finding(name=name, ok=False, found=str(error), fix=_FIXES.get(code, ""))
    milliseconds = round(1000 * (time.monotonic() - started))
    ok = heard.said == b"ok\n" and heard.end.stopped is None
    found = f"in {milliseconds} ms" if ok else f"it said {heard.said!r}: {heard.end.stderr}"
    return Finding(name=name, ok=ok, found=found)


@dataclass(frozen=True)
class Heard:
    """What a guest wrote to its standard output, and how it ended."""

    said: bytes
    end: RunEnd


def hear(sandbox: Runs, script: str) -> Heard:
    """Run a small guest: its program is the script.

    Raises:
        SandboxError: it could not be run.
        OSError: there is no room for its folder.
    """
    limits = Limits(
        wall_seconds=5, grace_seconds=1, memory_bytes=256 * _MIB, tmp_bytes=_MIB, threads=1
    )
    said = bytearray()
    with tempfile.TemporaryDirectory(prefix="grader-doctor-") as folder:
        main = Path(folder, "guest", "__main__.py")
        main.parent.mkdir()
        main.write_text(script)
        for path in (Path(folder), main.parent):
            path.chmod(0o755)
        end = sandbox.run(Job(Path(folder), None, limits), said.extend)
    return Heard(bytes(said), end)


_WHOLE_PROC = (
    "a container hides parts of /proc: start it with --security-opt systempaths=unconfined"
)
_FIXES = {
    "no_user_namespaces": "allow unprivileged user namespaces: sysctl -w"
    " user.max_user_namespaces=15000; in Docker: --security-opt seccomp=unconfined",
    "no_proc": _WHOLE_PROC,
    "no_proc_sys": _WHOLE_PROC,
    "no_mount_namespace": "root without CAP_SYS_ADMIN: run as an ordinary user",
    "interpreter_unreachable": "make the environment from Debian's /usr/bin/python3, readable by"
    " every user",
    "bubblewrap_too_old": "install bubblewrap 0.8 or newer",
    "runtime_missing": "install what GRADER_OCI_RUNTIME names; Docker also wants it in"
    " /etc/docker/daemon.json, see docs/sandboxes.md",
    "disk_full": "make room on the disk of the engine's data",
}
