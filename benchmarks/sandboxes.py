"""`make bench-sandbox`: how soon each backend of this machine is there, and what it holds.

``make bench-sandbox BENCH="warm bubblewrap"`` measures only these. Times are medians, with the
least and the most of them; run it on a machine that does nothing else.
"""

import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import sleep

from rich.console import Console
from rich.table import Table

from benchmarks.proportional import MB, Memory, memory_below
from benchmarks.sandbox_jobs import (
    FIRST_LINE,
    IMPORTS,
    Held,
    anything,
    notebook,
    script,
    second_cell,
    seconds_until,
)
from grader.errors import SandboxError
from grader.sandbox.backends import NAMES, Containers, backend, require
from grader.sandbox.interface import Job, Sandbox
from grader.sandbox.pool import Pool

out = Console()
TIMES, SLOW_TIMES = 11, 3
IMPORT_SECONDS = 15
FIRST_LINES = {"bubblewrap": 0.060, "docker": 0.5, "podman": 0.5}
READY = {"warm": 0.3}
EXTRA_MB = {"warm": 200.0}
ASLEEP = "import time; time.sleep(600)"
TRAINS = """
x, y = torch.randn(256, 1, 28, 28), torch.randint(10, (256,))
model = torch.nn.Sequential(torch.nn.Conv2d(1, 16, 3), torch.nn.ReLU(), torch.nn.Flatten(),
                            torch.nn.Linear(16 * 26 * 26, 10))
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(4):
    opt.zero_grad()
    torch.nn.functional.cross_entropy(model(x), y).backward()
    opt.step()
"""


class Lines:
    """The table, row by row."""

    def __init__(self) -> None:
        self.table = Table("backend", "what", "measured", "promised", "least to most")
        self.kept = True

    def time(self, box: Sandbox, what: str, found: list[float], promise: float | None) -> None:
        spread = f"{1000 * min(found):.0f} to {1000 * max(found):.0f} ms"
        self._add(box, what, 1000 * median(found), "ms", promise and 1000 * promise, spread)

    def memory(self, box: Sandbox, what: str, found: Memory, promise: float | None) -> None:
        private = f"{found.private / MB:.0f} MB private"
        self._add(box, what, found.proportional / MB, "MB", promise, private)

    def _add(  # noqa: PLR0917 - a row
        self, box: Sandbox, what: str, found: float, unit: str, promise: float | None, more: str
    ) -> None:
        ok = promise is None or found <= promise
        self.kept &= ok
        told = "" if promise is None else f"<= {promise:g} {unit}"
        colour = "white" if promise is None else "green" if ok else "red"
        self.table.add_row(box.name, what, f"[{colour}]{found:.0f}[/] {unit}", told, more)
        out.print(f"  {box.name}: {what}: {found:.0f} {unit} ({more})", style="dim")


def measure(box: Sandbox, lines: Lines) -> None:
    """All rows of one backend."""
    with script(FIRST_LINE) as job:
        seconds_until(box, job, anything)  # page caches, images, the warm parent
        found = [seconds_until(box, job, anything) for _ in range(TIMES)]
    lines.time(box, "first line of Python", found, FIRST_LINES.get(box.name))
    with script(f"{IMPORTS}; {FIRST_LINE}") as job:
        found = [seconds_until(box, job, anything) for _ in range(_times(box))]
    lines.time(box, "torch, torchvision, SciPy, matplotlib", found, READY.get(box.name))
    with notebook(IMPORTS, ASLEEP) as job:
        found = [seconds_until(box, job, second_cell) for _ in range(_times(box))]
    lines.time(box, "a notebook's kernel has imported them", found, None)
    if box.name in {"docker", "podman"}:
        with notebook(IMPORTS, ASLEEP) as job:
            found = _from_waiting(box, job)
        lines.time(box, "the same, in one that waited", found, None)
    if box.name in {"bubblewrap", "warm"}:  # an engine's processes are not below us
        for what, cell in (("imported", IMPORTS), ("trained a little", IMPORTS + TRAINS)):
            with notebook(cell, ASLEEP) as job:
                extra = _extra(box, job)
            lines.memory(box, f"one more notebook that has {what}", extra, EXTRA_MB.get(box.name))


def _from_waiting(box: Sandbox, job: Job) -> list[float]:
    """Each in a container that has had time to import them."""
    pool = Pool(box, 1)
    found = []
    for _ in range(SLOW_TIMES + 1):
        found.append(seconds_until(pool, job, second_cell))
        sleep(IMPORT_SECONDS)
    pool.close()
    return found[1:]


def _times(box: Sandbox) -> int:
    return TIMES if box.name in READY else SLOW_TIMES


def _extra(box: Sandbox, job: Job) -> Memory:
    """What the second and the third of three runs at once add, each."""
    with ExitStack() as runs:
        _hold(box, job, runs)
        first = memory_below()
        for _ in range(2):
            _hold(box, job, runs)
        third = memory_below()
    return third.more_than(first, 2)


def _hold(box: Sandbox, job: Job, runs: ExitStack) -> None:
    runs.callback(Held(box, job).let_go)


def main() -> int:
    """Measure what works here; 1 where a promise is not kept."""
    lines = Lines()
    with TemporaryDirectory(prefix="grader-bench-runtime-") as folder:
        Path(folder).chmod(0o755)
        for name in sys.argv[1:] or NAMES:
            try:
                box = backend(name, Path(folder) / name, Containers())
                require(box)
            except SandboxError as error:
                out.print(f"  {name}: left out: {error}", style="yellow")
                continue
            measure(box, lines)
            box.close()
    out.print(lines.table)
    return 0 if lines.kept else 1


if __name__ == "__main__":
    sys.exit(main())
