import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.clock import GRADER, cpus, grade, judge, nbclient, peak_bytes, seconds
from benchmarks.notebooks import Notebooks
from benchmarks.result import Result
from grader import pipeline, scoring, wiring
from grader.domain.assignment import Assignment
from grader.domain.check import DictMemo
from grader.settings import Settings


def without_training(notebooks: Notebooks) -> Result:
    """a notebook without training calls, against nbclient alone"""
    alone = min(nbclient(notebooks.untrained, cpus()) for _ in range(3))
    graded = min(grade(notebooks.untrained) for _ in range(3))
    parts = f"grader {graded:.1f} s, nbclient {alone:.1f} s"
    return Result("no training", graded / alone, 1.3, "x nbclient", parts)


def full(notebooks: Notebooks) -> Result:
    """the full notebook, against nbclient alone with as many threads"""
    alone, graded = nbclient(notebooks.full, cpus()), grade(notebooks.full)
    parts = f"grader {graded:.1f} s, nbclient {alone:.1f} s, {cpus()} threads"
    return Result("full notebook", graded / alone, 1.05, "x nbclient", parts)


def batch(notebooks: Notebooks) -> Result:
    """four full notebooks with two workers, against nbclient four times in a row"""
    alone = sum(nbclient(notebooks.full, cpus()) for _ in range(4))
    with TemporaryDirectory() as folder:
        group = Path(folder, "class")
        group.mkdir()
        for number in range(4):
            shutil.copy(notebooks.full, group / f"student{number}.ipynb")
        command = [GRADER, "batch", str(group), "--out", f"{folder}/out", "--workers", "2"]
        graded = seconds(command, Path(folder))
    parts = f"batch {graded:.0f} s, nbclient {alone:.0f} s"
    return Result("batch of 4", alone / graded, 1.3, "x throughput", parts, at_most=False)


def memory(notebooks: Notebooks) -> Result:
    """memory of the grading process while a notebook prints 200 MB"""
    peak = peak_bytes(["grade", str(notebooks.loud)], notebooks.folder) / 1e9
    return Result("grading process", peak, 1.2, "GB", "200 MB printed, models measured")


def regrade(notebooks: Notebooks) -> Result:
    """a regrade of 100 stored runs"""
    with TemporaryDirectory() as folder:
        first = Path(folder, "runs", "000")
        grade(notebooks.full, "--evidence", str(first))
        for number in range(1, 100):
            shutil.copytree(first, first.with_name(f"{number:03d}"))
        command = [GRADER, "regrade", str(first.parent), "--json", "/dev/null"]
        took = seconds(command, Path(folder))
    return Result("regrade of 100 runs", took, 10, "s", "imports included")


def diagnosis(notebooks: Notebooks) -> Result:
    """judging a notebook with a mistake in nearly every problem: all of it, diagnosis included"""
    with TemporaryDirectory() as folder:
        runs = []
        for notebook in (notebooks.untrained, *notebooks.flawed):
            runs.append(Path(folder, notebook.stem))
            grade(notebook, "--evidence", str(runs[-1]))
        right, *wrong = judge(runs)
    parts = f"most of {len(wrong)} notebooks; the solution {right:.2f} s"
    return Result("judging and diagnosis", max(wrong), 3, "s", parts)


def probes(notebooks: Notebooks) -> Result:
    """the run of a notebook without training calls, with the probes and without any"""
    asked = scoring.load("cnn")
    unasked = asked.model_copy(update={"problems": ()})
    with_probes = min(_run_seconds(notebooks.untrained, asked) for _ in range(3))
    without = min(_run_seconds(notebooks.untrained, unasked) for _ in range(3))
    parts = f"with probes {with_probes:.1f} s, without {without:.1f} s"
    return Result("probes", with_probes - without, 10, "s more", parts)


def _run_seconds(notebook: Path, assignment: Assignment) -> float:
    settings = Settings()
    box, limits = wiring.sandbox(settings), wiring.limits(assignment.limits)
    bench = wiring.bench(settings, assignment, box, DictMemo(), limits)
    submission = pipeline.read(assignment, notebook.read_bytes(), notebook.name)
    return pipeline.grade(assignment, submission, bench).report.run.seconds


ALL: tuple[Callable[[Notebooks], Result], ...] = (
    without_training,
    memory,
    diagnosis,
    probes,
    regrade,
    full,
    batch,
)
