"""Trains the reference with many seeds: resumable, in parallel."""

import multiprocessing
import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from grader.domain.calibration import Calibration, SeedRun, Training
from grader.domain.check import Labelled

LIBRARIES = ("torch", "numpy")
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
        dataset: reads a data set by name; is sent to the workers.
        seeds: how many, from 0 on.
        workers: trainings at once, one thread each: sums in one order, whatever the machine.
    """
    kept = Calibration.read(path)
    kept = kept.model_copy(
        update={
            "libraries": {name: version(name) for name in LIBRARIES},
            "data": {n: dataset(n).digest for t in trainings for n in (t.train, t.test)},
        }
    )
    by_name = {training.name: training for training in trainings}
    # Spawned, not forked: torch's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_one_thread)
    try:
        waiting: list[Future[Trained]] = [
            pool.submit(_train, by_name[name], seed, dataset)
            for name, seed in todo(trainings, kept, seeds)
        ]
        for done in as_completed(waiting):
            trained = done.result()
            kept = kept.with_run(trained.name, trained.run)
            _write(path, kept)
            yield trained
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _one_thread() -> None:
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"


def _train(training: Training, seed: int, dataset: Dataset) -> Trained:
    reached = training.run(seed, dataset(training.train), dataset(training.test))
    return Trained(training.name, SeedRun(seed=seed, accuracy=tuple(reached)))


def _write(path: Path, kept: Calibration) -> None:
    draft = path.with_suffix(".tmp")
    draft.write_text(kept.model_dump_json(indent=1) + "\n")
    draft.replace(path)
