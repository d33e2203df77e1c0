"""Builds what a notebook is graded with: data sets, the course's secret, limits."""

import os
import secrets
from functools import cache, lru_cache, partial
from pathlib import Path

from filelock import FileLock

from grader.data import DataStore, cut
from grader.domain.assignment import Assignment
from grader.domain.check import Lab, Labelled, Memo
from grader.domain.limits import Limits
from grader.errors import DataError
from grader.running import Bench
from grader.sandbox import Finding, Sandbox
from grader.settings import Settings


def data_store(settings: Settings) -> DataStore:
    """Where data sets lie."""
    return DataStore(settings.data_dir)


def lab(settings: Settings, memo: Memo) -> Lab:
    """What judgements may use."""
    return Lab(dataset=partial(_labelled, settings.data_dir), memo=memo)


@lru_cache(maxsize=4)
def _labelled(root: Path, name: str) -> Labelled:
    """Read once for all runs of a process; read-only, so that sharing it is safe."""
    return DataStore(root).load(name)


def limits(asked: Limits, workers: int = 1) -> Limits:
    """The limits with `threads` resolved: an equal share of the machine for each worker."""
    if asked.threads:
        return asked
    cpus = len(os.sched_getaffinity(0))
    return asked.model_copy(update={"threads": max(1, cpus // workers)})


def bench(
    settings: Settings, assignment: Assignment, box: Sandbox, memo: Memo, asked: Limits
) -> Bench:
    """Everything that `grade` needs for one notebook.

    Raises:
        DataError: a data set of the assignment is missing or altered.
    """
    store = full_store(settings, assignment)
    return Bench(
        sandbox=box,
        lab=lab(settings, memo),
        secret=course_secret(settings),
        data=store.root if assignment.datasets else None,
        limits=asked,
        gpu=assignment.gpu,
    )


def full_store(settings: Settings, assignment: Assignment) -> DataStore:
    """Where its data sets lie. Raises DataError where one is missing or altered."""
    store = data_store(settings)
    for name in assignment.datasets:
        require(store, name)
    return store


def rehearsal_store(settings: Settings, assignment: Assignment) -> DataStore:
    """Where the data of its matrix lies; cut down now, where that is not done.

    Raises:
        DataError: a full data set is missing or altered.
    """
    if assignment.rehearsal is None:
        return full_store(settings, assignment)
    sizes = assignment.rehearsal.data
    name = "-".join(f"{part}-{size}" for part, size in sorted(sizes.items())).replace("/", "-")
    full = data_store(settings)
    return cut(full, assignment.datasets, sizes, settings.rehearsal_dir / name)


def rehearsal_bench(settings: Settings, assignment: Assignment, box: Sandbox) -> Bench:
    """What all notebooks of its matrix are graded with, at once: a thread for each.

    Raises:
        DataError: a full data set is missing or altered.
    """
    store = rehearsal_store(settings, assignment)
    return Bench(
        sandbox=box,
        lab=Lab(dataset=cache(store.load)),
        secret=course_secret(settings),
        data=store.root if assignment.datasets else None,
        limits=assignment.rehearsed.limits.model_copy(update={"threads": 1}),
    )


def require(store: DataStore, name: str) -> None:
    """Nothing, where every file of the data set is right. Raises DataError."""
    wrong = [f"{f.path.name} is {f.status}" for f in store.verify(name) if f.status != "ok"]
    if wrong:
        raise DataError(
            f"data set {name}: {', '.join(wrong)} in {store.root}; run `grader data fetch {name}`"
        )


def data_findings(settings: Settings) -> tuple[Finding, ...]:
    """How each known data set stands, for `grader doctor`."""
    store = data_store(settings)
    return tuple(
        Finding(
            name=name,
            ok=all(f.status == "ok" for f in files),
            found=", ".join(sorted({f.status for f in files})) + f" in {store.root}",
            fix=f"grader data fetch {name}",
        )
        for name in store.names
        for files in (store.verify(name),)
    )


def course_secret(settings: Settings) -> bytes:
    """The course's secret: from the environment, else a file made at the first use."""
    if settings.course_secret is not None:
        return settings.course_secret.get_secret_value().encode()
    path = settings.state_dir / "course-secret"
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        if not path.is_file():
            draft = path.with_suffix(".new")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_hex(32))
            draft.replace(path)
        return path.read_text().strip().encode()
