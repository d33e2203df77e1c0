"""Checks of optimizers, by what they do to the weights."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat

from grader.checks import describe, tolerance
from grader.checks.optimizer_mistakes import MISTAKES
from grader.checks.seen import (
    Seen,
    absent,
    answers,
    comparison,
    favourable,
    found_notes,
    graded,
)
from grader.domain.check import Case, Check, Questions
from grader.domain.codes import Named
from grader.domain.detail import Detail
from grader.domain.evidence import MAX_PARAMETERS, OptimizerAnswer
from grader.domain.hidden import Hidden
from grader.domain.outcome import Outcome, Scored
from grader.domain.probe import StepOptimizer

TOLERANCE = 1e-3
"""Relative to a step: float32 weights near 1 round a step of 0.1 to 1e-6 of it."""
GRADIENTS = 97
"""How many hidden gradients are repeated over each parameter."""
STILL = 4
"""Every so many gradients one is zero: its weight must stay, which shows even a small decay."""
DOWNHILL = 0.5
"""Least cosine between another optimizer's step and the direction straight down: the sign of a
normal gradient, which is Adam's first step, has 0.8; what is no step of an optimizer about 0."""
SHARES = {
    "rate": 0.5,
    "momentum": 0.5,
    "decay": 0.5,
    "other": 0.25,
    "some": 0.5,
    "foreign": 0.75,
}
"""What is left where the rate is another; where the first step is right and the second is not
(momentum); where weights without a gradient move (decay); where steps are another optimizer's;
where some of the model's parameters are not held; where parameters of something else are held as
well. Two faults multiply."""


@dataclass(frozen=True)
class _Fault:
    code: str
    share: float
    text: str


class OptimizerMatches(Check):
    """The optimizer takes plain gradient steps of the right size over the right parameters.

    Measures: it steps twice on hidden gradients; each step must be minus the learning rate times
    the gradient. It must hold all parameters of the model and none of anything else.

    Why: behaviour counts, not the class: `SGD` with momentum is another optimizer.

    Fix: compare the arguments that the optimizer was made with to the exercise's text.
    """

    name: str
    model: str
    """Variable of the module whose parameters it should hold."""
    lr: PositiveFloat

    @property
    def id(self) -> str:
        """See `Check`."""
        return "optimizer"

    def questions(self, hidden: Hidden) -> Questions:
        """See `Check`."""
        key = f"{self.name}.gradients"
        probe = StepOptimizer(id=self.name, name=self.name, model=self.model, gradients=key)
        return Questions((probe,), {key: self._gradients(hidden)})

    def named(self) -> tuple[Named, ...]:
        """See `Check`."""
        return MISTAKES

    def judge(self, case: Case) -> Outcome:
        """See `Check`."""
        seen = answers(case, self.name, OptimizerAnswer)
        gradients = self._gradients(case.hidden).astype(np.float64)
        outcomes = (self._outcome(item, gradients) for item in reversed(seen))
        return favourable(outcomes) or absent(case, self.name)

    def _gradients(self, hidden: Hidden) -> NDArray[np.float32]:
        gradients = hidden.rng(self.name).normal(0, 1, GRADIENTS).astype(np.float32)
        gradients[::STILL] = 0
        return gradients

    def _outcome(self, seen: Seen[OptimizerAnswer], gradients: tolerance.Numbers) -> Scored:
        answer = seen.answer
        if answer.error is not None:
            message = f"A step of `{self.name}` raised {describe.raised(answer.error)}."
            return graded(0, message, found_notes(answer.found), code="raised")
        if answer.model_parameters and answer.held == 0 and answer.like_model:
            message = (
                f"`{self.name}` holds the parameters of another instance of the class: was "
                f"`{self.model}` made anew after `{self.name}`?"
            )
            return graded(0, message, self._details(seen), "older_instance")
        if answer.model_parameters == 0 or answer.held == 0:
            message = f"`{self.name}` does not hold the parameters of `{self.model}`."
            return graded(0, message, self._details(seen), "parameters_of_another_model")
        faults = [fault for fault in (self._steps(seen, gradients), self._held(answer)) if fault]
        score = float(np.prod([fault.share for fault in faults]))
        if not faults:
            message = (
                f"`{self.name}` takes plain steps of {self.lr} times the gradient over all "
                f"parameters of `{self.model}`."
            )
            return graded(1, message, found_notes(answer.found))
        message = f"`{self.name}`: {'; '.join(fault.text for fault in faults)}."
        return graded(score, message, self._details(seen), faults[0].code)

    def _steps(self, seen: Seen[OptimizerAnswer], gradients: tolerance.Numbers) -> _Fault | None:
        rates = [_rate(seen, order, gradients) for order in ("first", "second")]
        first, second = rates
        if first is None:
            return _no_multiple(_moved(seen, "first", gradients))
        if abs(first - self.lr) > TOLERANCE * self.lr:
            text = f"its steps are {describe.number(first)} times the gradient, not {self.lr}"
            share = SHARES["rate"] if first > 0 else 0
            share *= 1 if second is not None and _close(first, second) else SHARES["momentum"]
            return _Fault("other_learning_rate", share, text)
        if any(np.any(step[expected == 0]) for step, expected in _moved(seen, "first", gradients)):
            text = "its steps move weights whose gradient is zero (weight decay?)"
            return _Fault("weight_decay", SHARES["decay"], text)
        if second is None or not _close(first, second):
            text = "its second step is not the learning rate times the gradient (momentum?)"
            return _Fault("momentum", SHARES["momentum"], text)
        return None

    def _held(self, answer: OptimizerAnswer) -> _Fault | None:
        if answer.held < answer.model_parameters:
            text = (
                f"it holds {answer.held} of the {answer.model_parameters} parameter tensors of "
                f"`{self.model}`"
            )
            return _Fault("some_parameters", SHARES["some"], text)
        if answer.foreign:
            text = f"it also holds {answer.foreign} parameter tensors of something else"
            return _Fault("foreign_parameters", SHARES["foreign"], text)
        return None

    def _details(self, seen: Seen[OptimizerAnswer]) -> tuple[Detail, ...]:
        answer = seen.answer
        options = ", ".join(f"{key}={value}" for key, value in answer.options.items())
        found = f"{answer.class_name}({options})"
        expected = f"plain gradient steps, lr={self.lr}"
        return (comparison("optimizer", expected, found), *found_notes(answer.found))


def _no_multiple(moved: list[tuple[tolerance.Numbers, tolerance.Numbers]]) -> _Fault:
    """Steps that are not a multiple of the gradient: none, another optimizer's, or anything."""
    if not moved:
        return _Fault("other_learning_rate", 0, "its steps do not change the weights at all")
    text = "its steps are not a multiple of the gradient, as plain gradient descent's are"
    descends = all(_downhill(step, gradient) >= DOWNHILL for step, gradient in moved)
    return _Fault("other_optimizer", SHARES["other"] if descends else 0, text)


def _downhill(step: tolerance.Numbers, gradient: tolerance.Numbers) -> float:
    """Cosine between a step and the direction straight down; -1 where it has no direction."""
    with np.errstate(all="ignore"):
        lengths = float(np.linalg.norm(step) * np.linalg.norm(gradient))
        cosine = -float(step @ gradient) / lengths if lengths > 0 else -1.0
    return cosine if np.isfinite(cosine) else -1.0


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= TOLERANCE * abs(one)


def _rate(
    seen: Seen[OptimizerAnswer], order: Literal["first", "second"], gradients: tolerance.Numbers
) -> float | None:
    """The factor r of steps that are ``-r * gradient``; None where they are not of that form."""
    rates = [_factor(step, expected) for step, expected in _moved(seen, order, gradients)]
    if len(rates) < min(seen.answer.held, MAX_PARAMETERS) or not rates:
        return None
    known = [rate for rate in rates if rate is not None]
    same = len(known) == len(rates) and all(_close(known[0], rate) for rate in known)
    return known[0] if same else None


def _moved(
    seen: Seen[OptimizerAnswer], order: Literal["first", "second"], gradients: tolerance.Numbers
) -> list[tuple[tolerance.Numbers, tolerance.Numbers]]:
    """The step of each parameter that moved, flat, with its gradients."""
    count = min(seen.answer.model_parameters, MAX_PARAMETERS)
    steps = [tolerance.read(seen.tensors, f"{order}.{number}") for number in range(count)]
    moved = [step.ravel() for step in steps if step is not None and np.any(step)]
    return [(step, np.resize(gradients, step.size)) for step in moved]


def _factor(step: tolerance.Numbers, expected: tolerance.Numbers) -> float | None:
    if not tolerance.finite(step):
        return None
    with np.errstate(all="ignore"):
        rate = -float(step @ expected / (expected @ expected))
        scale = abs(rate) * tolerance.largest(expected)
        fits = tolerance.difference(step, -rate * expected, scale, TOLERANCE) is None
    return rate if fits else None
