"""The guest's process: becomes ``python -I -B PROGRAM`` with every library imported already."""

import os
import runpy
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from typing import NamedTuple, NoReturn

import warm_libraries

_OURS = ("warm_calls", "warm_guest", "warm_libraries", "warm_run", "warm_view")


class Guest(NamedTuple):
    """What runs inside, all that its process is to know."""

    program: str
    variables: Mapping[str, str]
    threads: int


def run(guest: Guest) -> NoReturn:
    """Be ``python -I -B PROGRAM`` in a process that has imported much already."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = 1
    try:
        _be_killed_first()
        warm_libraries.settle(guest.variables, guest.threads)
        _forget_ourselves()
        sys.argv = [guest.program]
        runpy.run_path(guest.program, run_name="__main__")
        code = 0
    except SystemExit as end:
        code = _asked(end.code)
    except BaseException:  # noqa: BLE001 - a program's end, as Python itself ends it
        traceback.print_exc()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def _be_killed_first() -> None:
    """Where memory runs out, the kernel takes whoever has most, and all forks have the libraries.

    So it would take a run's keepers as soon as the guest; 100 is a tenth of the run's limit.
    """
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("100")


def _forget_ourselves() -> None:
    """Let no name of ours be imported in place of a student's.

    Going through all of `sys.modules` would write to the pages of 3,000 names, and so copy them.
    """
    folder = os.path.dirname(__file__)
    sys.path[:] = [place for place in sys.path if place != folder]
    for name in _OURS:
        del sys.modules[name]


def _asked(code: object) -> int:
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF
    print(code, file=sys.stderr)  # noqa: T201 - as Python does
    return 1
