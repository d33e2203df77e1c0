"""Checks of models: the function that they compute, and how many parameters they have."""

import torch
from torch import nn

from grader.checks import describe
from grader.checks.fit import Fit
from grader.checks.layer_gaps import gaps
from grader.checks.layers import different_shapes, parameters, table
from grader.checks.model import Model
from grader.checks.seen import Seen, absent, comparison, favourable, found_notes, graded
from grader.checks.snapshots import fitted, newest_first
from grader.checks.weights import weights_of
from grader.domain.check import Case, Check, Questions
from grader.domain.detail import Detail, Note
from grader.domain.evidence import ModuleAnswer
from grader.domain.hidden import Hidden
from grader.domain.outcome import NotGraded, Outcome, Scored


class ModelMatches(Check):
    """The model computes the function that was asked for.

    Measures: the student's weights are put into the reference, and its output on hidden images is
    compared with the student's; then hidden weights are put into both, and their outputs compared
    again, so that no choice of weights hides a wrong function. Every snapshot of the model is
    tried (as defined, after each training, at the end) and the most favourable one counts.

    Why: any right way to write the layers is right; a printed summary proves nothing.

    Fix: compare the table of layers with the figure, then the order of layers and activations.
    """

    model: Model

    @property
    def id(self) -> str:
        """See `Check`."""
        return "function"

    def questions(self, hidden: Hidden) -> Questions:
        """See `Check`."""
        return self.model.questions(hidden)

    def judge(self, case: Case) -> Outcome:
        """See `Check`."""
        seen = newest_first(self.model, case)
        outcomes = (self._outcome(item, fitted(self.model, item, case)) for item in seen)
        return favourable(outcomes) or absent(case, self.model.name)

    def _outcome(self, seen: Seen[ModuleAnswer], found: Fit) -> Scored:
        name = self.model.name
        details = (*found_notes(seen.answer.found), *_layers(self.model, seen))
        if found.misconception is not None:
            mistake = found.misconception
            message = f"`{name}` does not compute the function of the exercise. {mistake.sentence}"
            return graded(mistake.share, message, details, mistake.id)
        match found.verdict:
            case "same":
                more = () if seen.answer.deterministic else (_RANDOM,)
                message = f"`{name}` computes the function that was asked for."
                return graded(1, message, (*details, *more))
            case "unproven":
                message = f"Nothing can be said about `{name}`: {found.text}."
                return NotGraded(reason="weights_say_nothing", message=message, details=details)
            case "too_large":
                message = f"`{name}` could not be compared: {found.text}."
                return NotGraded(reason="too_large", message=message, details=details)
            case _:
                message = f"`{name}` does not compute the function of the exercise: {found.text}."
                code, notes = _unnamed(seen.answer)
                shape = _shape(self.model, seen)
                return graded(0, message, (*details, *notes, *shape), code=code)


class ParameterCount(Check):
    """The model has the right number of trainable parameters.

    Measures: elements of all trainable parameters, each tensor counted once; and the shapes of
    these tensors, in any order, where a matrix may be transposed and sizes of 1 do not matter.

    Why: it catches layers of the right kind with wrong sizes, and layers that are never used.

    Fix: find the row of the layer table whose counts differ.
    """

    model: Model
    expected: int | None = None
    """None: what the reference has, built for the student's own sizes."""

    @property
    def id(self) -> str:
        """See `Check`."""
        return "parameter_count"

    def questions(self, hidden: Hidden) -> Questions:
        """See `Check`."""
        return self.model.questions(hidden)

    def judge(self, case: Case) -> Outcome:
        """See `Check`."""
        seen = newest_first(self.model, case)
        outcomes = (self._outcome(item) for item in seen)
        return favourable(outcomes) or absent(case, self.model.name)

    def mistakes(self) -> tuple[str, ...]:
        """See `Check`."""
        count = parameters(_empty(self.model, ()))
        if self.expected in {None, count}:
            return ()
        return (f"expected is {self.expected}, but the reference has {count} parameters",)

    def _outcome(self, seen: Seen[ModuleAnswer]) -> Scored:
        found, name = seen.answer.parameter_count, self.model.name
        reference = _reference(self.model, seen)
        expected = parameters(reference) if self.expected is None else self.expected
        if found == expected and (others := different_shapes(seen.answer, reference)):
            message = (
                f"`{name}` has {describe.count(found)} parameters, but in other layers: {others}."
            )
            return graded(0, message, _apart(seen.answer, reference), code="other_layers")
        if found == expected:
            return graded(1, f"`{name}` has {describe.count(found)} parameters, as it should.")
        gap = f"{describe.count(abs(found - expected))} too {'many' if found > expected else 'few'}"
        message = (
            f"`{name}` has {describe.count(found)} trainable parameters, {gap}: "
            f"{describe.count(expected)} were expected."
        )
        return graded(0, message, _apart(seen.answer, reference), code="other_count")


_RANDOM = Note(text="Two passes over the same images in eval mode gave different outputs.")


def _unnamed(answer: ModuleAnswer) -> tuple[str | None, tuple[Note, ...]]:
    """Code and notes of a function that no mistake explains."""
    if answer.error is not None:
        return "raised", ()
    return (None, ()) if answer.deterministic else ("random_output", (_RANDOM,))


def _empty(model: Model, shapes: tuple[tuple[int, ...], ...]) -> nn.Module:
    with torch.device("meta"):
        return model.reference(shapes)


def _reference(model: Model, seen: Seen[ModuleAnswer]) -> nn.Module:
    """The reference for the student's sizes, or for the usual ones where these make no sense."""
    weights = weights_of(seen.answer, seen.tensors)
    try:
        return _empty(model, weights.shapes if weights else ())
    except (RuntimeError, ValueError, TypeError, IndexError, OverflowError):
        return _empty(model, ())


def _apart(answer: ModuleAnswer, reference: nn.Module) -> tuple[Detail, ...]:
    """The counts taken apart by layer, and the table of layers."""
    return (*gaps(answer, reference), table(answer, reference))


def _layers(model: Model, seen: Seen[ModuleAnswer]) -> tuple[Detail, ...]:
    return (table(seen.answer, _reference(model, seen)),) if seen.answer.layers else ()


def _shape(model: Model, seen: Seen[ModuleAnswer]) -> tuple[Detail, ...]:
    output = seen.tensors.get("output")
    if output is None:
        return ()
    expected = (model.images.count, model.outputs)
    if output.shape == expected:
        return ()
    found = describe.shape(output.shape)
    return (comparison("shape of the output", describe.shape(expected), found),)
