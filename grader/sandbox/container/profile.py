"""The system call filter as the JSON profile that Docker and podman read.

The same rules as the bubblewrap filter, but turned round: an engine's libseccomp skips names that
it does not know, so that a newer call would pass a list of refusals. Here all is refused but what
is listed. Arguments are compared as 64 bits, and the kernel looks at 32: each comparison masks the
upper half, or a caller could set a bit there. What is newer than the engine's libseccomp seems not
to exist: runc answers ENOSYS for it.

gVisor knows one errno for a refusal, EPERM. With it for clone3 no thread could start: that call is
left to gVisor, which does not have it. It also has a name of its own for pselect6.

Format: the runtime specification's ``linux.seccomp``, as ``--security-opt seccomp=FILE`` takes it.
"""

import errno
import json
import platform
from collections.abc import Iterable, Iterator
from typing import Any

from grader.errors import SandboxError
from grader.sandbox.bubblewrap.seccomp import (
    AUDIT_ARCH,
    CORE,
    INET,
    INET6,
    NETLINK,
    NETLINK_ROUTE,
    NEW_NAMESPACES,
    TERMINAL_INJECTION,
    UNIX,
)
from grader.sandbox.container.calls import ALLOWED
from grader.sandbox.linux.syscalls import DENIED, MISSING

Rule = dict[str, Any]
ARCHITECTURES = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}
_BITS = 32
_ALL = 2**_BITS - 1
_POINTER = 2**64 - 1


def profile(machine: str | None = None, *, gvisor: bool = False) -> str:
    """The profile for a `platform.machine()`, by default this one's; for gVisor's kernel, or Linux.

    Raises:
        SandboxError: there is no table for that architecture.
    """
    found = machine or platform.machine()
    if found not in ARCHITECTURES:
        known = ", ".join(AUDIT_ARCH)
        raise SandboxError("seccomp_arch", f"no system call filter for {found}, only for {known}")
    rules = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": errno.EPERM,
        "architectures": [ARCHITECTURES[found]],
        "syscalls": list(_rules(gvisor=gvisor)),
    }
    return json.dumps(rules)


def _rules(*, gvisor: bool) -> Iterator[Rule]:
    more = ("clone3", "pselect") if gvisor else ()
    yield {"names": [*ALLOWED, *more], "action": "SCMP_ACT_ALLOW"}
    yield _refusal((name for name in MISSING if name not in more), errno.ENOSYS)
    yield _refusal(DENIED, errno.EPERM)
    yield _allow("clone", (_masked(0, NEW_NAMESPACES, 0),))
    for mask, value in everything_but(TERMINAL_INJECTION):
        yield _allow("ioctl", (_masked(1, mask, value),))
    for family in (UNIX, INET, INET6):
        yield _allow("socket", (_masked(0, _ALL, family),))
    yield _allow("socket", (_masked(0, _ALL, NETLINK), _masked(2, _ALL, NETLINK_ROUTE)))
    yield _allow("socketpair", (_masked(0, _ALL, UNIX),))
    for mask, value in everything_but((CORE,)):
        yield _allow("setrlimit", (_masked(0, mask, value),))
        yield _allow("prlimit64", (_masked(1, mask, value),))
    yield _allow("prlimit64", (_masked(1, _ALL, CORE), _masked(2, _POINTER, 0)))


def everything_but(values: Iterable[int]) -> Iterator[tuple[int, int]]:
    """(mask, value) of 32 bits: ``x & mask == value`` for one of them iff `x` is none of `values`.

    The prefixes that leave the binary tree of the values: a profile knows no "and" over one
    argument, so that "neither of two" cannot be said at once.
    """
    yield from _outside(frozenset(values), 0, 0)


def _outside(values: frozenset[int], prefix: int, length: int) -> Iterator[tuple[int, int]]:
    shift = _BITS - length
    if not any(value >> shift == prefix for value in values):
        yield (_ALL >> shift) << shift if length else 0, prefix << shift
    elif length < _BITS:
        yield from _outside(values, prefix << 1, length + 1)
        yield from _outside(values, prefix << 1 | 1, length + 1)


def _masked(index: int, mask: int, value: int) -> Rule:
    return {"index": index, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"}


def _allow(name: str, arguments: tuple[Rule, ...]) -> Rule:
    return {"names": [name], "action": "SCMP_ACT_ALLOW", "args": list(arguments)}


def _refusal(names: Iterable[str], error: int) -> Rule:
    return {"names": list(names), "action": "SCMP_ACT_ERRNO", "errnoRet": error}
