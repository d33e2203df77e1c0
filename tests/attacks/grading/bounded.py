"""Runs our code on hostile bytes in a process of its own, so that memory and time are bounded."""

import resource
import subprocess
import sys
from dataclasses import dataclass

MIB = 1024**2
WALL = 400
"""Seconds; what is measured here takes a few, on a busy machine a hundred."""

# The kernel lets a process begin with the `ru_maxrss` of the one that started it: VmHWM is its own.
_FRAME = """
import re, sys
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024
{setup}
before = peak()
{code}
print(peak() - before)
"""


@dataclass(frozen=True)
class Ended:
    """How it went.

    Attributes:
        said: what it printed.
        grown: MiB by which its memory grew at the most, after the set-up.
    """

    said: str
    grown: int


def bounded(setup: str, code: str, stdin: bytes = b"", *, address_space: int = 8192) -> Ended:
    """Run `setup` and then `code`, which may read `stdin`; fails on a traceback, a crash, a hang.

    Args:
        address_space: MiB that the process may map, numpy's own included.
    """

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (address_space * MIB,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    done = subprocess.run(
        [sys.executable, "-c", _FRAME.format(setup=setup, code=code)],
        input=stdin,
        capture_output=True,
        check=False,
        timeout=WALL,
        preexec_fn=limit,
    )
    assert done.returncode == 0, (done.returncode, done.stderr.decode(errors="replace")[-3000:])
    *said, grown = done.stdout.decode().splitlines()
    return Ended("\n".join(said), int(grown))
