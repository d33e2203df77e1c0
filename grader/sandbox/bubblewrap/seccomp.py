"""The system call filter, as a classic BPF program for ``bwrap --seccomp``.

Default allow. A foreign architecture kills the process, since its numbers mean other calls. What is
newer than our table, and what has a harmless fallback, seems not to exist (ENOSYS). What reaches
out of the sandbox or into the kernel's darker corners is refused (EPERM). A filter sees registers
and no memory, so paths and structures are never judged here.

Format: ``struct sock_filter`` of ``linux/filter.h``; the program's input is ``struct seccomp_data``
of ``linux/seccomp.h``.
"""

import errno
import platform
import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from grader.errors import SandboxError
from grader.sandbox.linux.syscalls import ARGUMENTS, DENIED, LAST_REVIEWED, MISSING

LOAD, EQUAL, ABOVE, ANY_BIT, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

NUMBER, ARCHITECTURE = 0, 4

NEW_NAMESPACES = 0x7E020080
"""CLONE_NEW* of ``linux/sched.h``: time, mount, cgroup, uts, ipc, user, pid, net."""
TERMINAL_INJECTION = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX: type into the terminal that we were started from."""
CORE = 4
"""RLIMIT_CORE. It is one byte: then no core is written to a file, nor to a program of the host's,
which would be started outside of all limits. With zero, which a guest could set, it is started."""
UNIX, INET, INET6, NETLINK = 1, 2, 10, 16
NETLINK_ROUTE = 0


class Op(NamedTuple):
    """One instruction; `yes` and `no` are how many instructions to skip."""

    code: int
    k: int
    yes: int = 0
    no: int = 0


def refuse(error: int) -> Op:
    """End: the call fails with `error`."""
    return Op(RETURN, ERRNO | error)


def _argument(position: int) -> Op:
    """Load the lower half of an argument; both architectures are little-endian."""
    return Op(LOAD, 16 + 8 * position)


def _for_call(number: int, body: Sequence[Op]) -> list[Op]:
    """Run `body` for that call; it ends in a verdict, so the number stays loaded for others."""
    return [Op(EQUAL, number, 0, len(body)), *body]


def _clone() -> list[Op]:
    return [
        _argument(0),
        Op(ANY_BIT, NEW_NAMESPACES, 0, 1),
        refuse(errno.EPERM),
        Op(RETURN, ALLOW),
    ]


def _ioctl() -> list[Op]:
    checks = [
        op for code in TERMINAL_INJECTION for op in (Op(EQUAL, code, 0, 1), refuse(errno.EPERM))
    ]
    return [_argument(1), *checks, Op(RETURN, ALLOW)]


def _socket() -> list[Op]:
    """Only families that a network namespace holds; ZeroMQ aborts without NETLINK_ROUTE."""
    families = [
        op for family in (UNIX, INET, INET6) for op in (Op(EQUAL, family, 0, 1), Op(RETURN, ALLOW))
    ]
    netlink = [
        Op(EQUAL, NETLINK, 0, 3),
        _argument(2),
        Op(EQUAL, NETLINK_ROUTE, 0, 1),
        Op(RETURN, ALLOW),
    ]
    return [_argument(0), *families, *netlink, refuse(errno.EPERM)]


def _socketpair() -> list[Op]:
    return [_argument(0), Op(EQUAL, UNIX, 0, 1), Op(RETURN, ALLOW), refuse(errno.EPERM)]


def _setrlimit() -> list[Op]:
    return [_argument(0), Op(EQUAL, CORE, 0, 1), refuse(errno.EPERM), Op(RETURN, ALLOW)]


def _prlimit64() -> list[Op]:
    """Asking for the limit on cores, with no new one given, is allowed."""
    new_low, new_high = _argument(2), Op(LOAD, 16 + 8 * 2 + 4)
    asks = [new_low, Op(EQUAL, 0, 0, 3), new_high, Op(EQUAL, 0, 0, 1)]
    return [_argument(1), Op(EQUAL, CORE, 0, 4), *asks, Op(RETURN, ALLOW), refuse(errno.EPERM)]


_RULES = {
    "clone": _clone,
    "ioctl": _ioctl,
    "socket": _socket,
    "socketpair": _socketpair,
    "setrlimit": _setrlimit,
    "prlimit64": _prlimit64,
}


def supported(machine: str) -> bool:
    """Whether there is a filter for this `platform.machine()`."""
    return machine in AUDIT_ARCH


def program(machine: str) -> tuple[Op, ...]:
    """The filter's instructions for a `platform.machine()`.

    Raises:
        SandboxError: no table for that architecture.
    """
    if not supported(machine):
        known = ", ".join(AUDIT_ARCH)
        raise SandboxError("seccomp_arch", f"no system call filter for {machine}, only for {known}")
    ops = [
        Op(LOAD, ARCHITECTURE),
        Op(EQUAL, AUDIT_ARCH[machine], 1, 0),
        Op(RETURN, KILL),
        Op(LOAD, NUMBER),
        Op(ABOVE, LAST_REVIEWED, 0, 1),  # x32's numbers, with bit 30 set, end here as well
        refuse(errno.ENOSYS),
    ]
    for name, rule in _RULES.items():
        ops += _for_call(getattr(ARGUMENTS[name], machine), rule())
    for table, error in ((MISSING, errno.ENOSYS), (DENIED, errno.EPERM)):
        for numbers in table.values():
            number = getattr(numbers, machine)
            if number is not None:
                ops += _for_call(number, [refuse(error)])
    return (*ops, Op(RETURN, ALLOW))


def encoded(ops: Iterable[Op]) -> bytes:
    """The instructions as an array of ``struct sock_filter``."""
    return b"".join(struct.pack("=HBBI", op.code, op.yes, op.no, op.k) for op in ops)


def filter_for_this_machine() -> bytes:
    """What ``bwrap --seccomp`` reads. Raises SandboxError as `program` does."""
    return encoded(program(platform.machine()))
