"""What an attack is: a script that the guest runs, and what takes its defence out.

A script tries *ways*. It ends by printing which of them got through, and how the others failed:
against a backend as it is none may get through; with the defence out, all that can bite here must.
"""

import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weakened import Weakening

_BEGIN = '''
import ctypes, errno, json, os, signal, socket, struct, sys, time

KNOWN = json.loads({known!r})
"""What an adversary may know: paths, ports, processes, numbers of calls, the secret's mark."""
THROUGH, FAILED = [], {{}}
libc = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    """A system call by its name or number, past every library; raises OSError."""
    number = KNOWN["calls"][name] if isinstance(name, str) else name
    words = [a if isinstance(a, bytes) else ctypes.c_long(a) for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *words)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def attempt(way, act, *arguments):
    """It got through where it returns anything but False."""
    try:
        got = act(*arguments)
    except Exception as error:
        FAILED[way] = repr(error)[:300]
    else:
        if got is False:
            FAILED[way] = "nothing came of it"
        else:
            THROUGH.append(way)


def in_child(act, *arguments):
    """The same in a process of its own, for what would change or end this one."""
    child = os.fork()
    if child == 0:
        try:
            ok = act(*arguments) is not False
        except BaseException as error:
            os._exit(getattr(error, "errno", 0) or 200)
        os._exit(0 if ok else 201)
    status = os.waitpid(child, 0)[1]
    if status:
        code = os.waitstatus_to_exitcode(status)
        raise OSError(code, os.strerror(code) if code > 0 else f"signal {{-code}}")

'''
_END = """
print(json.dumps({"through": THROUGH, "failed": FAILED}), flush=True)
"""


@dataclass(frozen=True)
class Bite:
    """With these defences out, these ways get through.

    Attributes:
        weakening: what is taken out.
        ways: what must get through then.
    """

    weakening: Weakening
    ways: frozenset[str]


@dataclass(frozen=True)
class Attack:
    """A script with its ways.

    Attributes:
        name: names its tests.
        defence: what holds it, in words.
        script: uses `KNOWN`, `attempt`, `call` and `in_child` of the beginning.
        bites: backend -> what shows that it bites.
        blunt: backend -> way -> why no defence that can be taken out holds it here.
        tolerated: backend -> ways that get through there and do no harm, with the reason.
        limits: fields of the run's limits.
        amount: how much it wants (`KNOWN["amount"]`), and `modest` where the defence is out: enough
            to show that it is, too little to hurt the machine.
        ends: how the run may end: None, or a reason of `Stopped`.
    """

    name: str
    defence: str
    script: str
    bites: Mapping[str, tuple[Bite, ...]]
    blunt: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tolerated: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    amount: int = 0
    modest: int = 0
    ends: frozenset[str | None] = frozenset({None})

    def guest(self, known: Mapping[str, Any]) -> str:
        """The guest's source."""
        begin = _BEGIN.format(known=json.dumps(known))
        return begin + textwrap.dedent(self.script) + _END


def bite(ways: str, weakening: Weakening) -> Bite:
    """A bite of ways written as one string."""
    return Bite(weakening, frozenset(ways.split()))
