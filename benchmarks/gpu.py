"""The full exercise on a GPU, beside the bare notebook there and beside the CPU.

`python -m benchmarks.gpu` prints rows for docs/gpu.md. The bare notebook's accuracies are what it
printed after the last epoch of each training; the grader's are measured by the reference.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import nbformat
from rich.console import Console
from rich.table import Table

from benchmarks.clock import GRADER, cpus
from benchmarks.notebooks import Notebooks
from grader.sandbox.gpu.nvml import Nvml

BARE = (
    "import sys, nbformat; from nbclient import NotebookClient;"
    "nb = nbformat.read(sys.argv[1], 4);"
    "NotebookClient(nb, timeout=None, allow_errors=True, kernel_name='python3').execute();"
    "nbformat.write(nb, 'bare.ipynb')"
)
PRINTED = re.compile(r"accuracy test: ([0-9.]+)")


def bare(notebook: Path, **variables: str) -> tuple[float, str]:
    """Seconds in nbclient alone, and the accuracies that the trainings printed at their ends."""
    seconds = _timed([sys.executable, "-c", BARE, str(notebook)], notebook.parent, variables)
    ran = nbformat.read(notebook.parent / "bare.ipynb", 4)  # type: ignore[no-untyped-call]  # theirs
    texts = (
        "".join(str(out.get("text", "")) for out in cell.get("outputs", ())) for cell in ran.cells
    )
    last = [found[-1] for text in texts if (found := PRINTED.findall(text))]
    return seconds, ", ".join(last)


def graded(notebook: Path, **variables: str) -> tuple[float, str]:
    """Seconds of `grader grade`, and what we measured of the same networks."""
    command = [GRADER, "grade", str(notebook), "--json", "report.json"]
    seconds = _timed(command, notebook.parent, variables)
    report = json.loads((notebook.parent / "report.json").read_text())
    reached = [p["message"] for p in report["problems"] if "accuracy" in p["id"]]
    gpu = report["run"]["gpu"]
    held = f"; peak {gpu['peak_memory_bytes'] / 1e9:.2f} GB of the GPU" if gpu else ""
    return seconds, f"{report['earned']:g} points; {' '.join(reached)}{held}"


def _timed(command: list[str], folder: Path, variables: dict[str, str]) -> float:
    start = perf_counter()
    subprocess.run(
        command, cwd=folder, env={**os.environ, **variables}, check=True, capture_output=True
    )
    return perf_counter() - start


def main() -> None:
    """Measure and print."""
    gpus = Nvml().gpus()
    table = Table("what", "seconds", "reached", title=gpus[0].name if gpus else "no GPU here")
    threads = {"OMP_NUM_THREADS": str(cpus())}
    out = Console(width=160)
    with Notebooks(quick="quick" in sys.argv) as notebooks:
        full = notebooks.full
        rows: dict[str, Callable[[], tuple[float, str]]] = {
            "bare, GPU": lambda: bare(full, **threads),
            "graded, GPU": lambda: graded(full),
            "graded, GPU, again": lambda: graded(full),
            "bare, CPU": lambda: bare(full, CUDA_VISIBLE_DEVICES="", **threads),
            "graded, CPU": lambda: graded(full, GRADER_GPU_SHARES="0"),
        }
        for name, measure in rows.items():
            seconds, reached = measure()
            out.print(f"{name}: {seconds:.1f} s, {reached}")
            table.add_row(name, f"{seconds:.1f}", reached)
    out.print(table)


main()
