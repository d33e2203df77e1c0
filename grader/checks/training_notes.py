"""Remarks about a training function that cost nothing, from what was seen while it ran."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from grader.domain.detail import Note
from grader.domain.training import TrainingRun

_NUMBER = re.compile(r"\d+\.\d+")


class Accuracies(NamedTuple):
    """How accurate the small model is on the test batches, of which the last one is short.

    Attributes:
        weighted: share of all samples.
        plain: mean of the batches' shares, which counts samples of a short batch more than others.
    """

    weighted: float
    plain: float


def seen_notes(runs: tuple[TrainingRun, ...]) -> Iterator[Note]:
    """What the first run shows."""
    if not runs:
        return
    trace = runs[0].trace
    if trace.test_forwards_with_gradient:
        yield Note(text="It evaluates with gradients switched on, which costs time and memory.")
    if trace.test_forwards_in_train_mode:
        yield Note(text="The model is in train mode while it is evaluated.")
    if trace.train_forwards_in_eval_mode:
        yield Note(text="The model is in eval mode while it is trained.")
    if trace.train_batches and trace.steps != trace.train_batches:
        batches, steps = trace.train_batches, trace.steps
        yield Note(text=f"The optimizer stepped {steps} times for {batches} training batches.")
    if "backward" in trace.events and not trace.losses:
        yield Note(text="It does not use the loss that is passed as an argument.")


def average_note(
    runs: tuple[TrainingRun, ...], reached: Mapping[int, Accuracies]
) -> Iterator[Note]:
    """Whether every run prints the mean over batches where the share of samples was asked for."""
    known = [run for run in runs if run.epochs in reached]
    if known and all(_plain(run, reached[run.epochs]) for run in known):
        yield Note(
            text="The accuracy that it prints is the mean over batches: the samples of the last, "
            "shorter batch count more than others. Weight each batch by its size."
        )


def _plain(run: TrainingRun, reached: Accuracies) -> bool:
    """It prints one of the two averages and not the other, to the digits that it shows."""
    shown = _NUMBER.findall(f"{run.printed} {run.returned}")
    return _shows(shown, reached.plain) and not _shows(shown, reached.weighted)


def _shows(shown: list[str], value: float) -> bool:
    """Whether a printed number is the value, as a share or in percent."""
    for text in shown:
        half = 0.5 * 10.0 ** -len(text.partition(".")[2])
        if any(abs(float(text) - scale * value) <= half * 1.001 for scale in (1, 100)):
            return True
    return False
