import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

GRADER = str(Path(sys.executable).with_name("grader"))
NBCLIENT = (
    "import sys, nbformat; from nbclient import NotebookClient;"
    "nb = nbformat.read(sys.argv[1], 4);"
    "NotebookClient(nb, timeout=None, allow_errors=True, kernel_name='python3').execute()"
)


def seconds(command: list[str], cwd: Path, threads: int = 0) -> float:
    """Wall time of a command that must succeed; 0 threads: the library's own choice."""
    variables = dict(os.environ)
    if threads:
        variables["OMP_NUM_THREADS"] = str(threads)
    start = perf_counter()
    subprocess.run(command, cwd=cwd, env=variables, check=True, capture_output=True)
    return perf_counter() - start


def nbclient(notebook: Path, threads: int = 0) -> float:
    return seconds([sys.executable, "-c", NBCLIENT, str(notebook)], notebook.parent, threads)


def grade(notebook: Path, *more: str) -> float:
    return seconds([GRADER, "grade", str(notebook), "--json", "/dev/null", *more], notebook.parent)


def judge(runs: list[Path]) -> list[float]:
    """Seconds to judge each stored run, with one thread, as `grader.cli.app` has it."""
    command = [sys.executable, "-m", "benchmarks.judge", *map(str, runs)]
    one = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run(command, env=one, check=True, stdout=subprocess.PIPE, text=True)
    return [float(line) for line in done.stdout.split()]


def peak_bytes(command: list[str], cwd: Path) -> int:
    """Largest resident size of the command's own process, its children left out.

    Read from its own `/proc/self/status` as it ends: what its sandboxes used is not in it.
    """
    code = (
        "import atexit, sys; from pathlib import Path;"
        "report = lambda: print('VmHWM', [l for l in Path('/proc/self/status').read_text()"
        ".splitlines() if l.startswith('VmHWM')][0].split()[1]);"
        "atexit.register(report); sys.argv[0] = 'grader'; from grader.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command], cwd=cwd, check=True, capture_output=True, text=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def cpus() -> int:
    return len(os.sched_getaffinity(0))
