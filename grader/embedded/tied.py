"""Becomes a command that dies with whoever started it.

Run as ``python -I -S -B tied.py PARENT SIGNAL COMMAND...``.

A program of its own because the kernel's promise (PR_SET_PDEATHSIG) must be asked for between fork
and exec, where a process that has threads may run no Python. Where PARENT, a process id, is gone
already, nothing is started.
"""

import ctypes
import os
import signal
import sys

_PARENT_DEATH_SIGNAL = 1


def main(arguments: list[str]) -> None:
    """Tie ourselves to the parent and become the command; say why where that fails."""
    parent, number, *command = arguments
    # The supervisor blocks the signals that it waits for; a program must see them.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    if ctypes.CDLL(None, use_errno=True).prctl(_PARENT_DEATH_SIGNAL, int(number), 0, 0, 0) != 0:
        sys.exit(f"tied: prctl: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != int(parent):
        sys.exit("tied: the process that started this is gone")
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell is what we want
    except OSError as error:
        sys.exit(f"tied: {command[0]} cannot be started: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
