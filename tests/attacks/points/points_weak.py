"""Judges with one defence taken out: what must not win against ours wins against these."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

import numpy as np

from grader.checks import fit, tolerance
from grader.checks.accuracy import AccuracyReached
from grader.checks.against import AccuracyAgainst
from grader.checks.functions import FunctionMatches
from grader.checks.measure import measure
from grader.checks.seen import answers, graded
from grader.checks.snapshots import measurable
from grader.domain.assignment import Assignment
from grader.domain.check import Case, Check, Questions
from grader.domain.evidence import Answered, Evidence, FunctionAnswer, ModuleAnswer
from grader.domain.hidden import Hidden
from grader.domain.outcome import Outcome
from grader.domain.probe import CallFunction, DescribeModule
from grader.domain.progress import curves
from grader.evidence import Collector
from grader.pipeline import Graded


@contextmanager
def believing_shapes() -> Iterator[None]:
    """Numbers are not compared with the reference's: an array of the right shape will do."""

    def difference(
        found: tolerance.Numbers | None, expected: tolerance.Numbers, *_: object
    ) -> str | None:
        same = found is not None and found.shape == expected.shape
        return None if same else "another shape"

    with (
        patch.object(tolerance, "difference", difference),
        patch.object(fit, "_difference", difference),
    ):
        yield


@contextmanager
def believing_own_weights() -> Iterator[None]:
    """A model is judged with the weights that the student chose, and with no others."""
    with patch.object(fit, "_hidden_gap", lambda *_, **__: None):
        yield


def called_once(run: Graded) -> Graded:
    """The evidence as if each function had been called once."""

    def once(evidence: Evidence) -> Iterator[Answered]:
        for item in evidence.answers:
            answer = item.answer
            if isinstance(answer, FunctionAnswer):
                calls = tuple(c.model_copy(update={"repeatable": True}) for c in answer.calls)
                yield replace(item, answer=answer.model_copy(update={"calls": calls}))
            else:
                yield item

    return replace(run, evidence=replace(run.evidence, answers=tuple(once(run.evidence))))


@contextmanager
def taking_every_answer() -> Iterator[None]:
    """No answer is refused, whether its question was asked or not."""

    def take(collector: Collector, item: Answered) -> None:
        collector._answers.append(item)

    with patch.object(Collector, "_take_answer", take):
        yield


class AgainstTheNewest(AccuracyAgainst):
    """Compares with the other model as it was left."""

    def _rival(self, case: Case) -> float | None:
        newest = next(measurable(self.other, case))
        return measure(newest.loaded, self.other.images.flat, case, self.dataset).accuracy


class ByPrintedAccuracy(AccuracyReached):
    """Believes the accuracy that the notebook prints."""

    def judge(self, case: Case) -> Outcome:
        printed = [curves(cell.output).accuracy for cell in case.evidence.cells]
        best = max((max(line.y) for lines in printed for line in lines), default=0)
        return graded(best, "as printed")


class ByItsOwnOutputs(AccuracyReached):
    """Believes what the student's model gives for the test images."""

    images: tuple[bytes, tuple[int, ...]]
    """Pixels, float32 (n, 784), and labels."""

    def questions(self, hidden: Hidden) -> Questions:
        pixels, labels = self.images
        key = f"{self.model.name}.test"
        probe = DescribeModule(id=key, name=self.model.name, inputs=key, outputs=10)
        array = np.frombuffer(pixels, np.float32).reshape(len(labels), -1)
        return Questions((probe,), {key: array})

    def judge(self, case: Case) -> Outcome:
        (*_, newest) = answers(case, f"{self.model.name}.test", ModuleAnswer)
        right = newest.tensors["output"].argmax(axis=1) == np.array(self.images[1])
        return graded(float(right.mean()), "by its own outputs")


def with_check(assignment: Assignment, name: str, check: Check) -> Assignment:
    """The assignment, one problem of which is judged by that check alone."""
    problems = tuple(
        p.model_copy(update={"checks": (check,)}) if p.id == name else p
        for p in assignment.problems
    )
    return assignment.model_copy(update={"problems": problems})


class WithExpectedValues(FunctionMatches):
    """Puts what it expects beside the hidden inputs."""

    def questions(self, hidden: Hidden) -> Questions:
        asked = super().questions(hidden)
        arrays = dict(asked.arrays)
        (probe,) = asked.probes
        assert isinstance(probe, CallFunction)
        for number, call in enumerate(probe.calls):
            x, h = (asked.arrays[key] for key in call.args)
            arrays[f"expected.{self.name}.{number}"] = self.reference(x, h)
        return Questions(asked.probes, arrays)
