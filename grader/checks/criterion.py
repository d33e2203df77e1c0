"""Checks of loss functions over torch tensors."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import PositiveInt
from torch import Tensor
from torch.nn import functional

from grader.checks import describe, tolerance
from grader.checks.misconception import Misconception
from grader.checks.seen import Seen, absent, answers, comparison, favourable, found_notes, graded
from grader.domain.check import Case, Check, Questions
from grader.domain.codes import Named
from grader.domain.detail import Detail
from grader.domain.evidence import CallAnswer, FunctionAnswer
from grader.domain.hidden import Hidden
from grader.domain.outcome import Outcome, Scored
from grader.domain.probe import Call, CallFunction

TOLERANCE = 1e-4
"""Relative; float32 gives 1e-6, the nearest mistake a tenth."""

NOT_CALLED = Named(
    id="class_not_called",
    sentence="This is the class of a loss and no loss: the parentheses that make one are missing.",
    brief="named the class of a loss without making one",
)
Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class _Value:
    """A loss and its gradient with respect to the logits; None where there is none."""

    loss: tolerance.Numbers
    gradient: tolerance.Numbers | None


class LossMatches(Check):
    """The object is the loss that was asked for.

    Measures: called with hidden logits and labels of several batch sizes, its value and its
    gradient with respect to the logits equal the reference's.

    Why: a loss object, a function and a subclass are all right if they compute the same.

    Fix: read what the loss expects as input, logits or probabilities, and how it averages.
    """

    name: str
    reference: Loss = functional.cross_entropy
    classes: PositiveInt = 10
    batch_sizes: tuple[PositiveInt, ...] = (5, 1, 32)
    misconceptions: tuple[Misconception, ...] = ()
    """Their `build` is the loss with the mistake."""

    @property
    def id(self) -> str:
        """See `Check`."""
        return "loss"

    def questions(self, hidden: Hidden) -> Questions:
        """See `Check`."""
        arrays: dict[str, NDArray[np.generic]] = {}
        calls = []
        for number, (logits, labels) in enumerate(self._batches(hidden)):
            keys = f"{self.name}.{number}.logits", f"{self.name}.{number}.labels"
            arrays.update({keys[0]: logits, keys[1]: labels})
            calls.append(Call(args=keys))
        probe = CallFunction(
            id=self.name,
            name=self.name,
            calls=tuple(calls),
            arrays="torch",
            gradients=True,
            fits="scalar",
        )
        return Questions((probe,), arrays)

    def named(self) -> tuple[Named, ...]:
        """See `Check`."""
        return (*self.misconceptions, NOT_CALLED)

    def judge(self, case: Case) -> Outcome:
        """See `Check`."""
        seen = answers(case, self.name, FunctionAnswer)
        batches = list(self._batches(case.hidden))
        outcomes = (self._outcome(item, batches) for item in reversed(seen))
        return favourable(outcomes) or absent(case, self.name)

    def _batches(self, hidden: Hidden) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
        rng = hidden.rng(self.name)
        for size in self.batch_sizes:
            logits = rng.normal(0, 2, (size, self.classes)).astype(np.float32)
            yield logits, rng.integers(self.classes, size=size, dtype=np.int64)

    def _outcome(
        self,
        seen: Seen[FunctionAnswer],
        batches: list[tuple[NDArray[np.float32], NDArray[np.int64]]],
    ) -> Scored:
        expected = [_evaluate(self.reference, *batch) for batch in batches]
        gap = _difference(seen, expected)
        details: tuple[Detail, ...] = (
            comparison("type of the object", "a loss", seen.answer.type or "unknown"),
            *found_notes(seen.answer.found),
        )
        if gap is None:
            return graded(1, f"`{self.name}` is the loss that was asked for.", details[1:])
        if seen.answer.type == "type":
            return graded(0, f"`{self.name}`: {NOT_CALLED.sentence}", details, NOT_CALLED.id)
        for mistake in self.misconceptions:
            if _difference(seen, [_evaluate(mistake.build, *batch) for batch in batches]) is None:
                message = f"`{self.name}` is another loss. {mistake.sentence}"
                return graded(mistake.share, message, details, mistake.id)
        message = f"`{self.name}` is not the loss that was asked for: {gap}."
        return graded(0, message, details)


def _evaluate(loss: Loss, logits: NDArray[np.float32], labels: NDArray[np.int64]) -> _Value | None:
    """None where the loss does not take such a batch."""
    leaf = torch.tensor(logits, requires_grad=True)
    with torch.enable_grad():
        try:
            value = loss(leaf, torch.tensor(labels))
        except RuntimeError:
            return None
        value.backward()  # type: ignore[no-untyped-call]  # torch leaves it open
    gradient = None if leaf.grad is None else leaf.grad.double().numpy()
    return _Value(value.detach().double().numpy(), gradient)


def _difference(seen: Seen[FunctionAnswer], expected: list[_Value | None]) -> str | None:
    if len(seen.answer.calls) < len(expected):
        return "it was not called on every batch"
    pairs = zip(seen.answer.calls, expected, strict=False)
    gaps = (_call_gap(seen, call, value) for call, value in pairs)
    return next((gap for gap in gaps if gap is not None), None)


def _call_gap(seen: Seen[FunctionAnswer], call: CallAnswer, expected: _Value | None) -> str | None:
    if expected is None:
        return None if call.error is not None else "it takes a batch that this loss does not take"
    if call.error is not None:
        return f"it raised {describe.raised(call.error)}"
    if call.timed_out or not call.repeatable:
        return "it took too long" if call.timed_out else "a second call gave another value"
    loss = tolerance.read(seen.tensors, call.key)
    gap = _gap(loss if loss is None else loss.squeeze(), expected.loss)
    if gap is not None:
        return gap
    assert expected.gradient is not None
    gap = _gap(tolerance.read(seen.tensors, call.gradient), expected.gradient)
    return gap and f"its gradient is another: {gap}"


def _gap(found: tolerance.Numbers | None, expected: tolerance.Numbers) -> str | None:
    return tolerance.difference(found, expected, tolerance.largest(expected), TOLERANCE)
