"""Small jobs for any backend, and when they said what."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter

from grader.domain.job import JobCell, JobSpec
from grader.domain.limits import MIB, Limits
from grader.sandbox.interface import Job, Refused, Sandbox
from grader.sandbox.jobfolder import write_job

IMPORTS = "import matplotlib.pyplot, scipy.signal, torch, torchvision"
FIRST_LINE = "import os; os.write(1, b'x')"
LIMITS = Limits(memory_bytes=4096 * MIB, threads=1, wall_seconds=300)
STARTED = re.compile(rb'"type": ?"cell_started", ?"index": ?1\b')


@contextmanager
def script(code: str) -> Iterator[Job]:
    """A job whose guest is that line."""
    with _folder() as folder:
        guest = folder / "guest"
        guest.mkdir()
        (guest / "__main__.py").write_text(code)
        guest.chmod(0o755)
        yield Job(folder, None, LIMITS)


@contextmanager
def notebook(*cells: str) -> Iterator[Job]:
    """A job that runs those cells in our guest."""
    with _folder() as folder:
        spec = JobSpec(
            cells=tuple(JobCell(index=n, source=cell) for n, cell in enumerate(cells)),
            probes=(),
            limits=LIMITS,
            seed=1,
        )
        write_job(folder, spec, {}, None)
        yield Job(folder, None, LIMITS)


@contextmanager
def _folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="grader-bench-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def seconds_until(box: Sandbox, job: Job, said: Callable[[bytes], bool]) -> float:
    """From asking for the run until its output so far satisfies `said`; then it is ended."""
    out = bytearray()
    times: list[float] = []

    def receive(chunk: bytes) -> None:
        out.extend(chunk)
        if said(bytes(out)):
            times.append(perf_counter())
            raise Refused("enough")

    start = perf_counter()
    end = box.run(job, receive)
    if not times:
        raise RuntimeError(f"{box.name} ended before it said so: {end.stopped} {end.stderr}")
    return times[0] - start


def anything(out: bytes) -> bool:
    return bool(out)


def second_cell(out: bytes) -> bool:
    return STARTED.search(out) is not None


class Held:
    """A run that has reached its second cell and stays there until it is let go."""

    def __init__(self, box: Sandbox, job: Job) -> None:
        self._there, self._go, self._out = Event(), Event(), bytearray()
        self._thread = Thread(target=box.run, args=(job, self._receive))
        self._thread.start()
        if not self._there.wait(120):
            raise RuntimeError(f"{box.name} did not get there: {bytes(self._out)!r}")

    def _receive(self, chunk: bytes) -> None:
        self._out.extend(chunk)
        if second_cell(bytes(self._out)):
            self._there.set()
            self._go.wait()
            raise Refused("enough")

    def let_go(self) -> None:
        self._go.set()
        self._thread.join()
