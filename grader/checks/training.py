"""Checks of training functions, by what they do to a small model of ours."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.checks import describe, small_model, tolerance
from grader.checks.misconception import Misconception, Suspect, pairs, singles
from grader.checks.seen import Seen, absent, answers, favourable, found_notes, graded
from grader.checks.small_model import State, Task, Train
from grader.checks.training_notes import Accuracies, average_note, seen_notes
from grader.domain.check import Case, Check, Questions
from grader.domain.codes import Named
from grader.domain.detail import Note
from grader.domain.evidence import TrainingAnswer
from grader.domain.hidden import Hidden
from grader.domain.outcome import Failed, NotGraded, Outcome, Scored
from grader.domain.raised import Raised
from grader.domain.training import TrainingTrace

TOLERANCE = 1e-3
"""Relative to how far the reference moves an entry. Two epochs in float32 differ by 1e-5 between
machines; the nearest mistakes by a tenth."""
FLOOR = 1e-2
"""An entry that hardly moves (a bias before a normalisation) is judged relative to this share of
the largest movement: its own is rounding."""
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
SHARES = {"statistics": 0.75, "one_epoch": 0.5}
"""What is left where all weights are right and the normalisation's statistics are not (evaluated in
train mode); where one epoch is right and two are not."""
STEP_BETWEEN = "modified by an inplace operation"
"""What torch says where weights changed between the forward and the backward pass."""

STEPS_FIRST = Named(
    id="step_before_backward",
    sentence="Does the optimizer step before the backward pass?",
    brief="stepped before the backward pass",
)
OTHER_MODEL = Named(
    id="global_model",
    sentence="It runs another model than the one that is passed: look at the names in it.",
    brief="ran another model than the argument",
)
OTHER_LOADER = Named(
    id="global_loader",
    sentence="It never asked the loader for training that is passed for a batch.",
    brief="took batches of another loader than the argument",
)


@dataclass(frozen=True)
class _Trained:
    """What training functions of ours make of a task: each trains once a case, when it is asked."""

    name: str
    task: Task
    case: Case
    reference: Train

    @property
    def start(self) -> State:
        return self.case.once(("untrained", self.name), self.task.start)

    def after(self, train: Train, epochs: int) -> State:
        key = ("trained", self.name, train, epochs)
        make = self._remembered if train is self.reference else self.task.after
        return self.case.once(key, lambda: make(train, epochs))

    def _remembered(self, reference: Train, epochs: int) -> State:
        """Kept in the memo: a regrade does not train the reference again."""
        memo, key = self.case.lab.memo, self.task.key(reference, epochs)
        state = _recalled(memo.get(key), self.start)
        if state is None:
            state = self.task.after(reference, epochs)
            memo.put(key, {name: values.tolist() for name, values in state.items()})
        return state

    def accuracies(self, train: Train, epochs: int) -> Accuracies:
        return self.task.accuracies(self.after(train, epochs))


def _recalled(known: Mapping[str, Any] | None, like: State) -> State | None:
    """The state that was kept; None: nothing was, or a memo that was altered holds no such one."""
    if known is None or known.keys() != like.keys():
        return None
    try:
        state = {name: np.array(values) for name, values in known.items()}
    except ValueError:  # rows of different lengths
        return None
    return state if all(_alike(state[name], like[name]) for name in like) else None


def _alike(found: NDArray[Any], like: tolerance.Numbers) -> bool:
    return (
        found.shape == like.shape and found.dtype == like.dtype and bool(np.isfinite(found).all())
    )


class TrainingMistake(Misconception):
    """A mistake in a training loop. Its `build` is the training function with the mistake."""

    seen: Callable[[TrainingTrace], bool] | None = None
    """Whether it shows in what was seen of the first run: tells mistakes apart that leave the same
    weights; None: the weights tell it."""


class TrainingMatches(Check):
    """The training function trains: forward, loss, backward, step and clean gradients per batch.

    Measures: it trains a small model with batch normalisation on hidden batches, for one and for
    two epochs, and every weight and statistic afterwards is compared with the reference's. So it
    does not matter where gradients are zeroed, and it shows which mode the model was in.

    Why: a loop with a mistake often still learns something.

    Fix: go through the steps of the pipeline in order, for every batch.
    """

    name: str
    reference: Train
    misconceptions: tuple[TrainingMistake, ...] = ()

    @property
    def id(self) -> str:
        """See `Check`."""
        return "training"

    def questions(self, hidden: Hidden) -> Questions:
        """See `Check`."""
        task = small_model.draw(self.name, hidden)
        return Questions((task.probe,), task.arrays)

    def named(self) -> tuple[Named, ...]:
        """See `Check`."""
        return (*self.misconceptions, STEPS_FIRST, OTHER_MODEL, OTHER_LOADER)

    def judge(self, case: Case) -> Outcome:
        """See `Check`."""
        seen = answers(case, self.name, TrainingAnswer)
        task = small_model.draw(self.name, case.hidden)
        expected = _Trained(self.name, task, case, self.reference)
        outcomes = (self._outcome(item, expected) for item in reversed(seen))
        return favourable(outcomes) or absent(case, self.name)

    def _outcome(self, seen: Seen[TrainingAnswer], expected: _Trained) -> Scored:
        notes = (*found_notes(seen.answer.found), *seen_notes(seen.answer.runs))
        runs = {run.epochs: run for run in seen.answer.runs}
        for epochs in expected.task.probe.epochs:
            run = runs.get(epochs)
            if run is None or run.timed_out:
                message = f"`{self.name}` did not finish {epochs} epoch(s) of a tiny training."
                return NotGraded(reason="timed_out", message=message, details=notes)
            if run.error is not None:
                return _raised(self.name, run.error, run.trace, notes)
        gaps = dict(_gaps(seen, expected, self.reference))
        if not gaps:
            reached = {
                n: expected.accuracies(self.reference, n) for n in expected.task.probe.epochs
            }
            more = average_note(seen.answer.runs, reached)
            return graded(1, f"`{self.name}` trains as it should.", (*notes, *more))
        trace = seen.answer.runs[0].trace
        if _another_model(trace):
            message = f"`{self.name}` leaves the model that is passed alone. {OTHER_MODEL.sentence}"
            return graded(0, message, notes, OTHER_MODEL.id)
        share, text = _diagnose(gaps, expected.task)
        for suspect in self._suspects(trace):
            if next(_gaps(seen, expected, suspect.build), None) is None:
                message = f"`{self.name}` does not train as it should. {suspect.sentence}"
                return graded(max(share, suspect.share), message, notes, suspect.id)
        return graded(share, f"`{self.name}` does not train as it should: {text}.", notes)

    def _suspects(self, trace: TrainingTrace) -> Iterator[Suspect]:
        """The mistakes that what was seen of the first run allows, alone and then in pairs."""
        allowed = [m for m in self.misconceptions if m.seen is None or m.seen(trace)]
        return chain(singles(allowed), pairs(allowed))


def _raised(name: str, error: Raised, trace: TrainingTrace, notes: tuple[Note, ...]) -> Scored:
    message = f"`{name}` raised {describe.raised(error)}."
    mistake = _why(error, trace)
    if mistake is None:
        return Failed(message=message, details=notes, code="raised")
    return graded(0, f"{message} {mistake.sentence}", notes, mistake.id)


def _why(error: Raised, trace: TrainingTrace) -> Named | None:
    if STEP_BETWEEN in error.message:
        return STEPS_FIRST
    if _another_model(trace):
        return OTHER_MODEL
    return OTHER_LOADER if trace.other_forwards and not trace.train_batches else None


def _another_model(trace: TrainingTrace) -> bool:
    return trace.other_models > 0 and "forward" not in trace.events


def _gaps(
    seen: Seen[TrainingAnswer], expected: _Trained, train: Train
) -> Iterator[tuple[tuple[int, str], str]]:
    """Entries of the state_dict that differ, by epochs and key, in words.

    One by one, fewest epochs first: where the first one is enough, no longer training is made.
    """
    for epochs in expected.task.probe.epochs:
        state = expected.after(train, epochs)
        moved = {key: tolerance.largest(state[key] - expected.start[key]) for key in state}
        weights = [move for key, move in moved.items() if not key.endswith(STATISTICS)]
        floor = FLOOR * max(weights, default=0.0)
        for key, values in state.items():
            found = tolerance.read(seen.tensors, f"{epochs}.{key}")
            if found is None and key.endswith("num_batches_tracked"):
                continue
            scale = max(moved[key], floor, 1e-6)
            text = tolerance.difference(found, values, scale, TOLERANCE)
            if text is not None:
                yield (epochs, key), text


def _diagnose(gaps: dict[tuple[int, str], str], task: Task) -> tuple[float, str]:
    """Share of the points and what differs."""
    if all(key.endswith(STATISTICS) for _, key in gaps):
        text = (
            "the weights are right, but the statistics of the batch normalisation are not; in "
            "which mode is the model while it is evaluated?"
        )
        return SHARES["statistics"], text
    if all(epochs != task.probe.epochs[0] for epochs, _ in gaps):
        text = "after one epoch all is right, after two it is not; what is different in the second?"
        return SHARES["one_epoch"], text
    (epochs, key), text = next(iter(gaps.items()))
    return 0.0, f"after {epochs} epoch(s), `{key}` of a small model is another: {text}"
