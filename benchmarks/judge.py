"""Judges stored runs in one process, as `grader regrade` does, and prints the seconds of each.

    python -m benchmarks.judge FOLDER...

The least of several times, each without what the others remember; so imports do not count.
"""

import sys
from pathlib import Path
from time import perf_counter

from grader import pipeline, scoring, wiring
from grader.domain.assignment import Assignment
from grader.domain.check import DictMemo
from grader.settings import Settings
from grader.store import StoredRun, load

REPEATS = 3


def main(folders: list[Path]) -> None:
    assignment = scoring.load("cnn")
    for folder in folders:
        run = load(folder)
        print(min(_seconds(assignment, run) for _ in range(REPEATS)))


def _seconds(assignment: Assignment, run: StoredRun) -> float:
    lab = wiring.lab(Settings(), DictMemo())
    start = perf_counter()
    pipeline.regrade(assignment, run, lab)
    return perf_counter() - start


main([Path(argument) for argument in sys.argv[1:]])
