"""Checks of the accuracy that a model reached, re-measured with the student's weights."""

from collections.abc import Iterator

from grader.checks import describe, luck
from grader.checks.epochs import epochs_told
from grader.checks.luck import RARE, Luck
from grader.checks.measure import Measured, measure
from grader.checks.model import Model
from grader.checks.retraining import retraining, trainer
from grader.checks.seen import Seen, absent, favourable, found_notes, graded
from grader.checks.snapshots import Measurable, fitted, measurable, newest_first
from grader.domain.check import Case, Check, Questions
from grader.domain.codes import Named
from grader.domain.detail import Confusion, Detail, Note, Plot
from grader.domain.evidence import ModuleAnswer
from grader.domain.hidden import Hidden
from grader.domain.job import Retraining
from grader.domain.outcome import Failed, NotGraded, Outcome, Passed, Scored
from grader.domain.progress import curves

UNTRAINED = 0.1
"""Accuracy of guessing among ten classes."""
NO_SLOPE = 1e-9
"""Where right code may be as poor as guessing, there is no room for a slope."""
COMMON = 0.3
"""Where right code often gets less, nothing is said about how often."""


class AccuracyReached(Check):
    """The trained model reaches the accuracy that right code reaches.

    Measures: where the model computes the exercise's function (or that of a known mistake), its
    weights are put into our architecture, and that is run over the test set. The newest snapshots
    are tried and the most favourable one counts. Full points unless right code gets so little in
    fewer than 1 of 1,000 runs (see `grader.checks.luck`); below that, a slope down to guessing.

    Before points are lost, a model that is right, trained by a function that is right, is trained
    once more with another seed. Fewer epochs than asked are named, and cost nothing by themselves.

    Why: nothing that the notebook printed is believed.

    Fix: check the training loop, the learning rate and the number of epochs.
    """

    model: Model
    expected: Luck
    dataset: str = "mnist/test"
    training: str | None = None
    """Id of the probe of the function that trains it; None: it is never trained once more."""
    fewer_epochs: Named | None = None
    """What is said where the notebook tells of fewer epochs than were calibrated."""

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

    def named(self) -> tuple[Named, ...]:
        """See `Check`: those in the model are named where its function is judged."""
        return () if self.fewer_epochs is None else (self.fewer_epochs,)

    def again(self, case: Case) -> Retraining | None:
        """See `Check`: where it falls short, and not for want of epochs."""
        if isinstance(self.judge(case), Passed):
            return None
        return retraining(self.model, self.training, self.expected.epochs, case)

    def _outcome(self, item: Measurable, case: Case) -> Scored:
        reached = measure(item.loaded, self.model.images.flat, case, self.dataset)
        threshold = self.expected.threshold(reached.available)
        slope = (reached.accuracy - UNTRAINED) / max(threshold - UNTRAINED, NO_SLOPE)
        share = 1 if reached.accuracy >= threshold else slope
        once_more = item.seen.answer.when == "retrained"
        message = (
            f"`{self.model.name}` reaches {describe.percent(reached.accuracy)} on "
            f"{describe.count(reached.images)} images of the test set"
            + (", trained once more with another seed" if once_more else "")
            + f", re-measured with its weights; {self._standing(reached)}."
        )
        outcome = graded(share, message, self._details(item, reached, case), code="low_accuracy")
        return outcome if once_more else self._with_epochs(outcome, item, case)

    def _standing(self, reached: Measured) -> str:
        """Where an accuracy stands among those of right code."""
        usual = describe.percent(self.expected.usual)
        chance = self.expected.chance(reached.accuracy, reached.available)
        if chance > COMMON:
            return f"right code reaches about {usual}"
        said = f"right code reaches about {usual} and falls this low in {luck.rarity(chance)}"
        if chance >= RARE:
            return said
        threshold = describe.percent(self.expected.threshold(reached.available))
        return f"{said}; from {threshold} on all points are given"

    def _with_epochs(self, outcome: Scored, item: Measurable, case: Case) -> Scored:
        """The outcome, with the name of fewer epochs where the notebook tells of them."""
        function = trainer(case, self.training)
        if self.fewer_epochs is None or function is None:
            return outcome
        told = epochs_told(case, item.seen, function)
        if told is None or told >= self.expected.epochs:
            return outcome
        usual = describe.percent(self.expected.after(told))
        message = (
            f"{outcome.message} {self.fewer_epochs.sentence} The output counts {told} instead of "
            f"{self.expected.epochs}; after so many, right code reaches about {usual}."
        )
        return outcome.model_copy(
            update={"message": message, "misconception": self.fewer_epochs.id}
        )

    def _details(self, item: Measurable, reached: Measured, case: Case) -> Iterator[Detail]:
        yield from found_notes(item.seen.answer.found)
        if item.fit.misconception is not None:
            yield Note(
                text="Measured with the architecture that was built, not with the exercise's "
                f"({item.fit.misconception.id})."
            )
        yield from self._second_run(item, case)
        yield from self._beyond(reached)
        yield Confusion(title=f"{self.model.name} on the test set", counts=reached.confusion)
        cell = case.evidence.cell(item.seen.answer.cell)
        if cell is not None and item.seen.answer.when != "retrained":
            yield from _plots(cell.output)

    def _beyond(self, reached: Measured) -> Iterator[Note]:
        """What is too good for the exercise's training: a person may want to look why."""
        chance = self.expected.chance_of_more(reached.accuracy, reached.available)
        if chance < RARE:
            yield Note(
                text=f"Right code, trained as the exercise asks, gets this high in "
                f"{luck.rarity(chance)}: was it trained for longer, in another way, or on the "
                "test images as well?"
            )

    def _second_run(self, item: Measurable, case: Case) -> Iterator[Note]:
        """What the training that does not count came to."""
        second = case.evidence.second
        if second is None or self.model.name not in second.models:
            return
        counts = item.seen.answer.when == "retrained"
        others = [
            measure(other.loaded, self.model.images.flat, case, self.dataset).accuracy
            for other in measurable(self.model, case)
            if (other.seen.answer.when == "retrained") != counts
        ]
        if counts and others:
            yield Note(text=f"As it was handed in, it reaches {describe.percent(max(others))}.")
        elif others:
            accuracy = describe.percent(max(others))
            yield Note(text=f"Trained once more with another seed, it reaches {accuracy}.")
        elif not counts:
            yield Note(text="It was trained once more with another seed; that came to no end.")

    def _unmeasured(self, newest: Seen[ModuleAnswer], case: Case) -> Scored:
        found = fitted(self.model, newest, case)
        message = f"The accuracy of `{self.model.name}` could not be re-measured: {found.text}."
        if found.verdict == "too_large":
            return NotGraded(reason="too_large", message=message)
        notes = found_notes(newest.answer.found)
        return Failed(message=message, details=notes, code="not_measurable")


def _plots(output: str) -> Iterator[Plot]:
    told = curves(output)
    if told.loss:
        yield Plot(title="Loss as printed", x_label="epoch", y_label="loss", series=told.loss)
    if told.accuracy:
        yield Plot(
            title="Accuracy as printed", x_label="epoch", y_label="accuracy", series=told.accuracy
        )
