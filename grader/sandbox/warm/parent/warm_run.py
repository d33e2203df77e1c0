"""One run, from the fork to the guest: three processes, each the next one's keeper.

The *keeper* enters the control groups, becomes the slot's user, makes the namespaces and tells the
grading process how it went; it stays outside the process namespace, so no student can reach what it
tells it by. The *first process* builds the view, gives up every privilege and reaps orphans. The
*guest* is the libraries' copy in which our guest, and by a further fork the kernel, runs.
"""

import base64
import json
import os
import resource
import signal
import socket
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

import warm_calls as calls
import warm_view
from warm_guest import Guest

_KILLED = 128
"""Exit codes above it name a signal."""
_READY = b"ready"
_OWN = ("pid_for_children", "mnt", "net", "ipc", "uts", "user")
"""Names in /proc/self/ns of the namespaces that the keeper made for its run."""

Plan = Mapping[str, Any]


class Pipes(NamedTuple):
    """What the grading process sent: where the plan is read, and where a run writes."""

    plan: int
    results: int
    stderr: int
    status: int


def keep(pipes: Pipes, parent: int) -> Guest:
    """Be a run's keeper to the end; returns in the guest alone.

    `parent` is the process that forked us. By returning, the frames that know more than a guest
    should are gone before any student code can look for them.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    said: Mapping[str, object]
    try:
        with os.fdopen(pipes.plan, "rb") as file:
            plan = json.load(file)
        ended = _kept(plan, pipes, parent)
        if isinstance(ended, Guest):
            return ended
        said = {"killed": True} if ended is None else {"exit-code": ended}
    except BaseException as error:  # noqa: BLE001 - whatever it is, the grader must hear of it
        said = {"failed": f"{type(error).__name__}: {error}"}
    os.write(pipes.status, json.dumps(said).encode())
    os._exit(0)


def _kept(plan: Plan, pipes: Pipes, parent: int) -> int | Guest | None:
    """The guest's exit code, None where the first process was killed; or, in it, the guest."""
    for file in plan["join"]:
        with open(file, "w", encoding="ascii") as procs:
            procs.write("0")
    for number, value in plan["rlimits"]:
        _limit(number, value)
    if plan["private_bytes"] is not None:
        _limit(resource.RLIMIT_DATA, plan["private_bytes"] + _private_bytes())
    trees = _separated(plan)
    calls.die_with_parent()
    if os.getppid() != parent:
        raise ProcessLookupError("the warm parent is gone")
    heard, told = os.pipe()
    own = os.open("/proc/self/ns", os.O_RDONLY | os.O_DIRECTORY)  # the first process hides /proc
    first = os.fork()
    if first == 0:
        os.close(heard)
        return _begin(plan, pipes, trees, told)
    numbers = [os.stat(name, dir_fd=own).st_ino for name in _OWN]
    os.write(pipes.status, json.dumps({"namespaces": numbers}).encode() + b"\n")
    _close_all_but(heard, pipes.status)
    with os.fdopen(heard, "rb") as file:
        said = file.read()
    status = os.waitpid(first, 0)[1]
    if said != _READY:
        raise RuntimeError(said.decode(errors="replace") or "the first process died early")
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else None


def _separated(plan: Plan) -> dict[str, int]:
    """Leave every namespace; what will be seen is opened by whoever may."""
    user, inside = plan["user"], plan["inside"]
    trees = {}
    if user is not None:
        trees = warm_view.opened(plan["view"])
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        calls.be_readable()
    outside_user, outside_group = os.getuid(), os.getgid()
    calls.unshare(calls.NEW_NAMESPACES | calls.NEW_CGROUP)
    calls.be_readable()
    for file, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{inside} {outside_user} 1"),
        ("gid_map", f"{inside} {outside_group} 1"),
    ):
        with open(f"/proc/self/{file}", "w", encoding="ascii") as out:
            out.write(text)
    return trees or warm_view.opened(plan["view"])


def _begin(plan: Plan, pipes: Pipes, trees: Mapping[str, int], told: int) -> Guest:
    """Be the namespace's first process to the end; returns in the guest alone."""
    try:
        calls.die_with_parent()
        os.setsid()
        warm_view.build(plan["view"], trees)
        os.chdir(plan["home"])  # what is seen of us as /proc/1/cwd
        os.close(0)
        os.open("/dev/null", os.O_RDWR)
        _become_powerless(plan)
        guest = os.fork()
        if guest == 0:
            os.dup2(pipes.results, 1)
            os.dup2(pipes.stderr, 2)
            _close_all_but()
            return Guest(plan["program"], plan["variables"], plan["threads"])
        for descriptor in (1, 2):
            os.dup2(0, descriptor)
        _close_all_but(told)
        os.write(told, _READY)  # fails where the keeper died before it could take us along
        os.close(told)
        _reap(guest)
    except BaseException as error:  # noqa: BLE001 - the keeper passes it on
        os.write(told, f"{type(error).__name__}: {error}".encode())
    os._exit(1)


def _reap(guest: int) -> NoReturn:
    while True:
        process, status = os.wait()
        if process == guest:
            os._exit(_code(status))


def _become_powerless(plan: Plan) -> None:
    calls.loopback_up()
    socket.sethostname(plan["host"])
    if plan["processes"] is not None:
        _limit(resource.RLIMIT_NPROC, plan["processes"])
    calls.drop_capabilities()
    calls.filter_calls(base64.b64decode(plan["seccomp"]))


def _code(status: int) -> int:
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else _KILLED + os.WTERMSIG(status)


def _limit(number: int, value: int) -> None:
    hard = resource.getrlimit(number)[1]
    lower = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(number, (lower, lower))


def _private_bytes() -> int:
    """What the imported libraries hold already, in the unit of RLIMIT_DATA."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        lines = dict(line.split(":", 1) for line in file)
    return int(lines["VmData"].split()[0]) * 1024


_NO_DESCRIPTOR = 1 << 20
"""Above all (``fs.nr_open``): our own limit, set after some were opened, may be lower."""


def _close_all_but(*kept: int) -> None:
    """Close every descriptor above 2 but those."""
    last = 2
    for descriptor in (*sorted(kept), _NO_DESCRIPTOR):
        os.closerange(last + 1, descriptor)
        last = descriptor
