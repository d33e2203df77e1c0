"""Checks one trained model against another of the same notebook."""

from grader.checks import describe, luck
from grader.checks.luck import RARE, Luck
from grader.checks.measure import measure
from grader.checks.model import Model
from grader.checks.retraining import retraining
from grader.checks.seen import absent, favourable, graded
from grader.checks.snapshots import Measurable, digests, measurable, newest_first
from grader.domain.check import Case, Check, Questions
from grader.domain.codes import Named
from grader.domain.hidden import Hidden
from grader.domain.job import Retraining
from grader.domain.outcome import Failed, Outcome, Passed, Scored

TRAINED = 0.5
"""A snapshot below this has hardly been trained."""


class AccuracyAgainst(Check):
    """The model is at least as accurate as another model of the same notebook.

    Measures: both accuracies, re-measured. It passes unless it falls further behind than one of two
    equally good models does in 1 of 1,000 pairs of runs, by the seeds' luck and the sampling error
    of the test set (see `grader.checks.luck`). The other model counts as it was at its best. Where
    it cannot be measured or was never trained, what right code reaches stands in. A model with the
    other's weights is the other, and fails. A model that falls behind is trained once more, as for
    `AccuracyReached`.

    Why: the exercise asks for a better network, not only for a good one.

    Fix: train both models in the same way and for as many epochs.
    """

    model: Model
    other: Model
    expected: Luck
    """Of the model."""
    expected_other: Luck
    dataset: str = "mnist/test"
    training: str | None = None
    """Id of the probe of the function that trains it; None: it is never trained once more."""

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
        return favourable(outcomes) or Failed(message=unmeasured, code="not_measurable")

    def named(self) -> tuple[Named, ...]:
        """See `Check`: those in the models are named where their functions are judged."""
        return ()

    def again(self, case: Case) -> Retraining | None:
        """See `Check`: where it falls behind, and not for want of epochs."""
        if isinstance(self.judge(case), Passed):
            return None
        return retraining(self.model, self.training, self.expected.epochs, case)

    def _outcome(self, item: Measurable, rival: float | None, case: Case) -> Scored:
        reached = measure(item.loaded, self.model.images.flat, case, self.dataset)
        theirs = self.expected_other.usual if rival is None else rival
        whose = "a right" if rival is None else "your"
        numbers = (
            f"`{self.model.name}` reaches {describe.percent(reached.accuracy)}, {whose} "
            f"`{self.other.name}` {describe.percent(theirs)}"
        )
        if reached.accuracy >= theirs:
            return graded(1, f"{numbers}: as good or better.")
        chance = self._chance(reached.accuracy, theirs, reached.available)
        if chance >= RARE:
            return graded(1, f"{numbers}: no further behind than luck explains.")
        message = f"{numbers}: two equally good networks are so far apart in {luck.rarity(chance)}."
        return graded(0, message, code="behind")

    def _chance(self, mine: float, theirs: float, images: int) -> float:
        scales = self.expected.scale(images), self.expected_other.scale(images)
        return luck.chance_of_gap(mine, theirs, scales, images)

    def _itself(self) -> Scored:
        message = f"`{self.model.name}` is `{self.other.name}`: a network was compared with itself."
        return graded(0, message, code="same_network")

    def _rival(self, case: Case) -> float | None:
        """The best accuracy of the other model's trained snapshots, as the notebook trained them.

        The best one earns the other model its points: making it worse afterwards helps nobody.
        """
        reached = (
            measure(item.loaded, self.other.images.flat, case, self.dataset).accuracy
            for item in measurable(self.other, case)
            if item.seen.answer.when != "retrained"
        )
        return max((accuracy for accuracy in reached if accuracy >= TRAINED), default=None)
