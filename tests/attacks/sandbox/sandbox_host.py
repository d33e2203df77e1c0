"""A grading process of its own: runs one sandbox; tests then kill it.

``python sandbox_host.py main|thread RUNTIME JOB [BWRAP]``; stands in for the grader's command line.
"""

import sys
import threading
from pathlib import Path

from grader.domain.limits import MIB, Limits
from grader.sandbox.bubblewrap import BubblewrapSandbox
from grader.sandbox.interface import Job

LIMITS = Limits(wall_seconds=60, memory_bytes=256 * MIB, tmp_bytes=MIB, threads=1, processes=64)


def say(chunk: bytes) -> None:
    """Pass on what the guest says."""
    sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


def main(how: str, runtime: str, job: str, bwrap: str | None = None) -> None:
    """Run the job in the main thread, or in a worker while others come and go."""
    sandbox = BubblewrapSandbox.here(Path(runtime))
    if bwrap is not None:
        sandbox.bwrap = Path(bwrap)

    def go() -> None:
        end = sandbox.run(Job(Path(job), None, LIMITS), say)
        say(f"ended {end.stopped}\n".encode())

    if how == "main":
        go()
        return
    worker = threading.Thread(target=go)
    worker.start()
    for _ in range(20):  # threads that end must not take the worker's sandbox with them
        other = threading.Thread(target=lambda: None)
        other.start()
        other.join()
    worker.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
