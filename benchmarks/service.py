"""`make bench-service`: what the service itself costs, measured beside what is promised.

``make bench-service BENCH=quick`` takes less time and says less, ``BENCH="overhead drain"`` is for
only these. The sandbox is a stub that plays recorded evidence, so that what is measured is ours.
Run it on a machine that does nothing else.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

from rich.console import Console
from rich.table import Table
from service_stubs.service import Service

from benchmarks.result import Result
from benchmarks.service_load import Spread, drain, overhead, poll, upload

RATE = 20.0
STUDENTS = 100
QUEUED = 1000
STUB_SECONDS = 0.25
"""What the stub takes in `drain`: sleeping, as a worker sleeps while the sandbox's processes
compute. Two stubs that compute would compete with the database, Redis and this program for two
cores, and so measure the machine; two that sleep show what in the service lets one wait for the
other."""
LEASE = 60.0

out = Console()


@contextmanager
def _service() -> Iterator[Service]:
    service = Service(lease=LEASE)
    try:
        yield service
    finally:
        service.end()


def accepting(quick: bool) -> Iterator[Result]:
    """uploads at 20 a second, then status polls with 1,000 queued"""
    seconds = 10 if quick else 60
    with _service() as service:
        service.api()
        found = Spread.of(upload(service, RATE, seconds, STUDENTS))
        many = int(RATE * seconds)
        yield Result("accepting an upload, p99", 1000 * found.p99, 150, "ms", f"{many}: {found}")
        for number in range(QUEUED - many):
            service.submit(f"more-{number}", f"student-{number % STUDENTS}")
        polls = Spread.of(poll(service, 100 if quick else 500))
        what = f"a status poll with {len(service.all_submissions())} queued, p99"
        yield Result(what, 1000 * polls.p99, 10, "ms", str(polls))


def alone(quick: bool) -> Iterator[Result]:
    """one submission after the other, with one worker"""
    with _service() as service:
        service.api()
        service.worker("first")
        claimed, seen = overhead(service, 10 if quick else 50)
    parts = f"accepted to claimed {Spread.of(claimed)}; finished to visible {Spread.of(seen)}"
    both = [sum(each) for each in zip(claimed, seen, strict=True)]
    yield Result("overhead of a submission, median", 1000 * median(both), 300, "ms", parts)


def drained(quick: bool) -> Iterator[Result]:
    """two workers against one"""
    many = 40 if quick else 160
    took = []
    for workers in (1, 2):
        with _service() as service:
            took.append(drain(service, workers, many, STUB_SECONDS))
    one, two = took
    parts = f"{many} that sleep {STUB_SECONDS:g} s: {one:.1f} s and {two:.1f} s"
    yield Result("two workers, times as fast as one", one / two, 1.8, "x", parts, at_most=False)


ALL: dict[str, Callable[[bool], Iterator[Result]]] = {
    "accepting": accepting,
    "overhead": alone,
    "drain": drained,
}


def main() -> int:
    """Run what was asked for; 1 where a promise is not kept."""
    quick = "quick" in sys.argv
    wanted = [name for name in sys.argv[1:] if name != "quick"] or list(ALL)
    results: list[Result] = []
    for name in wanted:
        out.print(f"measuring: {ALL[name].__doc__}", style="dim")
        for result in ALL[name](quick):
            results.append(result)
            out.print(f"  {result.name}: {result.found:.2f} {result.unit} ({result.parts})")
    table = Table("what", "measured", "promised", "parts", title="quick" if quick else "full")
    for r in results:
        style = "green" if r.kept else "red"
        table.add_row(r.name, f"[{style}]{r.found:.2f}[/] {r.unit}", r.promise, r.parts)
    out.print(table)
    return 0 if all(r.kept for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())
