"""Checks of training functions, by what they do to a small model of ours."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grader.checks import describe, small_model, tolerance
from grader.checks.misconception import Misconception
from grader.checks.seen import Seen, absent, answers, favourable, found_notes, graded
from grader.checks.small_model import State, Task, Train
from grader.domain.check import Case, Check, Questions
from grader.domain.detail import Note
from grader.domain.evidence import Raised, TrainingAnswer, TrainingRun
from grader.domain.hidden import Hidden
from grader.domain.outcome import Failed, NotGraded, Outcome, Scored

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


@dataclass(frozen=True)
class _Expected:
    """What one training function makes of the task, by number of epochs."""

    start: State
    after: Mapping[int, State]


@dataclass(frozen=True)
class _Trained:
    """What training functions of ours make of a task: each trains once a case, when it is asked."""

    name: str
    task: Task
    case: Case

    def by(self, train: Train) -> _Expected:
        return self.case.once(("trained", self.name, train), lambda: self._make(train))

    def _make(self, train: Train) -> _Expected:
        after = {n: self.task.after(train, n) for n in self.task.probe.epochs}
        return _Expected(self.task.start(), after)


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
    misconceptions: tuple[Misconception, ...] = ()
    """Their `build` is the training function with the mistake."""

    @property
    def id(self) -> str:
        """See `Check`."""
        return "training"

    def questions(self, hidden: Hidden) -> Questions:
        """See `Check`."""
        task = small_model.draw(self.name, hidden)
        return Questions((task.probe,), task.arrays)

    def judge(self, case: Case) -> Outcome:
        """See `Check`."""
        seen = answers(case, self.name, TrainingAnswer)
        task = small_model.draw(self.name, case.hidden)
        expected = _Trained(self.name, task, case)
        outcomes = (self._outcome(item, expected) for item in reversed(seen))
        return favourable(outcomes) or absent(case, self.name)

    def _outcome(self, seen: Seen[TrainingAnswer], expected: _Trained) -> Scored:
        notes = (*found_notes(seen.answer.found), *_notes(seen.answer.runs))
        runs = {run.epochs: run for run in seen.answer.runs}
        for epochs in expected.task.probe.epochs:
            run = runs.get(epochs)
            if run is None or run.timed_out:
                message = f"`{self.name}` did not finish {epochs} epoch(s) of a tiny training."
                return NotGraded(reason="timed_out", message=message, details=notes)
            if run.error is not None:
                return _raised(self.name, run.error, notes)
        gaps = _gaps(seen, expected.by(self.reference))
        if not gaps:
            return graded(1, f"`{self.name}` trains as it should.", notes)
        share, text = _diagnose(gaps, expected.task)
        for mistake in self.misconceptions:
            if not _gaps(seen, expected.by(mistake.build)):
                message = f"`{self.name}` does not train as it should. {mistake.sentence}"
                return graded(max(share, mistake.share), message, notes, mistake.id)
        return graded(share, f"`{self.name}` does not train as it should: {text}.", notes)


def _raised(name: str, error: Raised, notes: tuple[Note, ...]) -> Failed:
    message = f"`{name}` raised {describe.raised(error)}."
    if STEP_BETWEEN not in error.message:
        return Failed(message=message, details=notes)
    message += " Does the optimizer step before the backward pass?"
    return Failed(message=message, details=notes, misconception="step_before_backward")


def _gaps(seen: Seen[TrainingAnswer], expected: _Expected) -> dict[tuple[int, str], str]:
    """Entries of the state_dict that differ, by epochs and key, in words."""
    gaps = {}
    for epochs, state in expected.after.items():
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
                gaps[epochs, key] = text
    return gaps


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


def _notes(runs: tuple[TrainingRun, ...]) -> Iterator[Note]:
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
