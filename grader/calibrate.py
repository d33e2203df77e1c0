"""Trains the reference with many seeds: resumable, in parallel."""

import multiprocessing
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from grader.domain.calibration import Calibration, SeedRun, Training
from grader.domain.check import Labelled

LIBRARIES = ("torch", "numpy")
WORKER_ENVIRONMENT = {
    # One thread each: sums in one order, whatever the machine.
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # glibc gives each freed tensor back to the kernel and faults it in again; it reads these only
    # when a process starts.
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
}
Dataset = Callable[[str], Labelled]


@dataclass(frozen=True)
class Trained:
    """One training that has just ended."""

    name: str
    run: SeedRun


def todo(trainings: Sequence[Training], kept: Calibration, seeds: int) -> list[tuple[str, int]]:
    """What has not been trained yet, all names for one seed before the next seed."""
    return [
        (training.name, seed)
        for seed in range(seeds)
        for training in trainings
        if seed in kept.missing(training.name, seeds)
    ]


def calibrate(
    trainings: Sequence[Training], path: Path, dataset: Dataset, seeds: int, workers: int
) -> Generator[Trained]:
    """Train what is missing and write the file after each training; yields as they end.

    Args:
        trainings: of the assignment.
        path: the calibration; what it holds is kept.
        dataset: reads a data set by name; what it gives is sent to the workers.
        seeds: how many, from 0 on.
        workers: trainings at once, one thread each.
    """
    data = {name: dataset(name) for t in trainings for name in (t.train, t.test)}
    kept = Calibration.read(path).model_copy(
        update={
            "libraries": {name: version(name) for name in LIBRARIES},
            "data": {name: labelled.digest for name, labelled in data.items()},
        }
    )
    by_name = {training.name: training for training in trainings}
    # Spawned, not forked: torch's threads do not survive a fork.
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    try:
        with _worker_environment():
            waiting: list[Future[Trained]] = [
                pool.submit(_train, training, seed, data[training.train], data[training.test])
                for name, seed in todo(trainings, kept, seeds)
                for training in (by_name[name],)
            ]
        for done in as_completed(waiting):
            trained = done.result()
            kept = kept.with_run(trained.name, trained.run)
            _write(path, kept)
            yield trained
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _worker_environment() -> Iterator[None]:
    """What processes started meanwhile find in their environment; those are all, one a job."""
    before = dict(os.environ)
    os.environ.update(WORKER_ENVIRONMENT)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _train(training: Training, seed: int, train: Labelled, test: Labelled) -> Trained:
    reached = training.run(seed, train, test)
    return Trained(training.name, SeedRun(seed=seed, accuracy=tuple(reached)))


def _write(path: Path, kept: Calibration) -> None:
    draft = path.with_suffix(".tmp")
    draft.write_text(kept.model_dump_json(indent=1) + "\n")
    draft.replace(path)
