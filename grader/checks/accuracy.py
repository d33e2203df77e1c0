"""Checks of the accuracy that a model reached, re-measured with the student's weights."""

import math
from collections.abc import Iterator

from grader.checks import describe
from grader.checks.measure import Measured, measure
from grader.checks.model import Model
from grader.checks.seen import Seen, absent, favourable, found_notes, graded
from grader.checks.snapshots import Measurable, digests, fitted, measurable, newest_first
from grader.domain.base import Frozen
from grader.domain.check import Case, Check, Questions
from grader.domain.detail import Confusion, Detail, Note, Plot
from grader.domain.evidence import ModuleAnswer
from grader.domain.hidden import Hidden
from grader.domain.outcome import Failed, NotGraded, Outcome, Scored
from grader.domain.progress import curves

UNTRAINED = 0.1
"""Accuracy of guessing among ten classes."""
TRAINED = 0.5
"""A snapshot below this has hardly been trained."""
Z = 3.09
"""One-sided p = 0.001 of the normal distribution."""


class Luck(Frozen):
    """The accuracies that right code reaches, over random seeds."""

    mean: float
    sd: float

    def spread(self, images: int) -> float:
        """Standard deviation of a measured accuracy: seeds, and the binomial error of the set."""
        return math.sqrt(self.sd**2 + self.mean * (1 - self.mean) / images)

    def threshold(self, images: int) -> float:
        """Below it, an accuracy is implausible for right code: five standard deviations."""
        return self.mean - 5 * self.spread(images)


class AccuracyReached(Check):
    """The trained model reaches the accuracy that right code reaches.

    Measures: where the model computes the exercise's function (or that of a known mistake), its
    weights are put into our architecture, and that is run over the test set. The newest snapshots
    are tried and the most favourable one counts. Full points unless the accuracy is implausible for
    right code with an unlucky seed; below that, a slope down to guessing.

    Why: nothing that the notebook printed is believed.

    Fix: check the training loop, the learning rate and the number of epochs.
    """

    model: Model
    expected: Luck
    dataset: str = "mnist/test"

    @property
    def id(self) -> str:
        """See `Check`."""
        return "accuracy"

    def questions(self, hidden: Hidden) -> Questions:
        """See `Check`."""
        return self.model.questions(hidden)

    def ready(self, case: Case) -> bool:
        """See `Check`: a model that was only defined has not been trained."""
        return any(seen.answer.when != "bound" for seen in newest_first(self.model, case))

    def judge(self, case: Case) -> Outcome:
        """See `Check`."""
        seen = newest_first(self.model, case)
        outcomes = (self._outcome(item, case) for item in measurable(self.model, case))
        best = favourable(outcomes)
        if best is not None:
            return best
        return self._unmeasured(seen[0], case) if seen else absent(case, self.model.name)

    def _outcome(self, item: Measurable, case: Case) -> Scored:
        reached = measure(item.loaded, self.model.images.flat, case, self.dataset)
        threshold = self.expected.threshold(reached.available)
        share = (reached.accuracy - UNTRAINED) / (threshold - UNTRAINED)
        message = (
            f"`{self.model.name}` reaches {describe.percent(reached.accuracy)} on "
            f"{describe.count(reached.images)} images of the test set, "
            f"re-measured with its weights; right code reaches about "
            f"{describe.percent(self.expected.mean)}, and from {describe.percent(threshold)} on "
            "all points are given."
        )
        return graded(share, message, self._details(item, reached, case))

    def _details(self, item: Measurable, reached: Measured, case: Case) -> Iterator[Detail]:
        yield from found_notes(item.seen.answer.found)
        if item.fit.misconception is not None:
            yield Note(
                text="Measured with the architecture that was built, not with the exercise's "
                f"({item.fit.misconception.id})."
            )
        yield Confusion(title=f"{self.model.name} on the test set", counts=reached.confusion)
        cell = case.evidence.cell(item.seen.answer.cell)
        yield from _plots(cell.output if cell else "")

    def _unmeasured(self, newest: Seen[ModuleAnswer], case: Case) -> Scored:
        found = fitted(self.model, newest, case)
        message = f"The accuracy of `{self.model.name}` could not be re-measured: {found.text}."
        if found.verdict == "too_large":
            return NotGraded(reason="too_large", message=message)
        return Failed(message=message, details=found_notes(newest.answer.found))


class AccuracyAgainst(Check):
    """The model is at least as accurate as another model of the same notebook.

    Measures: both accuracies, re-measured. It passes unless it falls behind by more than the
    sampling error of the test set and the luck of both seeds explain (one-sided, p < 0.001). Where
    the other model cannot be measured or was never trained, what right code reaches stands in.
    A model with the other's weights is the other, and fails.

    Why: the exercise asks for a better network, not only for a good one.

    Fix: train both models in the same way and for as many epochs.
    """

    model: Model
    other: Model
    expected: Luck
    """Of the model."""
    expected_other: Luck
    dataset: str = "mnist/test"

    @property
    def id(self) -> str:
        """See `Check`."""
        return f"against_{self.other.name}"

    def questions(self, hidden: Hidden) -> Questions:
        """See `Check`."""
        mine, theirs = self.model.questions(hidden), self.other.questions(hidden)
        return Questions(mine.probes + theirs.probes, {**mine.arrays, **theirs.arrays})

    def ready(self, case: Case) -> bool:
        """See `Check`: a model that was only defined has not been trained."""
        return any(seen.answer.when != "bound" for seen in newest_first(self.model, case))

    def judge(self, case: Case) -> Outcome:
        """See `Check`."""
        if not newest_first(self.model, case):
            return absent(case, self.model.name)
        rival = self._rival(case)
        theirs = digests(self.other, case)
        outcomes = (
            self._itself()
            if item.loaded.weights.digest in theirs
            else self._outcome(item, rival, case)
            for item in measurable(self.model, case)
        )
        unmeasured = f"The accuracy of `{self.model.name}` could not be re-measured."
        return favourable(outcomes) or Failed(message=unmeasured)

    def _outcome(self, item: Measurable, rival: float | None, case: Case) -> Scored:
        reached = measure(item.loaded, self.model.images.flat, case, self.dataset)
        theirs = self.expected_other.mean if rival is None else rival
        ahead = reached.accuracy - theirs
        whose = "a right" if rival is None else "your"
        numbers = (
            f"`{self.model.name}` reaches {describe.percent(reached.accuracy)}, {whose} "
            f"`{self.other.name}` {describe.percent(theirs)}"
        )
        if ahead >= -self._allowance(reached.available):
            return graded(1, f"{numbers}: as good or better.")
        return graded(0, f"{numbers}: further behind than luck explains.")

    def _itself(self) -> Scored:
        return graded(
            0, f"`{self.model.name}` is `{self.other.name}`: a network was compared with itself."
        )

    def _allowance(self, images: int) -> float:
        return Z * math.hypot(self.expected.spread(images), self.expected_other.spread(images))

    def _rival(self, case: Case) -> float | None:
        """Accuracy of the other model's newest trained snapshot."""
        for item in measurable(self.other, case):
            reached = measure(item.loaded, self.other.images.flat, case, self.dataset)
            if reached.accuracy >= TRAINED:
                return reached.accuracy
        return None


def _plots(output: str) -> Iterator[Plot]:
    told = curves(output)
    if told.loss:
        yield Plot(title="Loss as printed", x_label="epoch", y_label="loss", series=told.loss)
    if told.accuracy:
        yield Plot(
            title="Accuracy as printed", x_label="epoch", y_label="accuracy", series=told.accuracy
        )
