"""The accuracies that the three networks reach, beside those of right code."""

from typing import NamedTuple

from grader.checks.accuracy import AccuracyReached
from grader.checks.against import AccuracyAgainst
from grader.checks.luck import Luck
from grader.checks.model import Model
from grader.domain.assignment import Problem
from grader.domain.calibration import Calibration
from grader.domain.codes import Named
from reference.cnn.networks import MODEL_CNN, MODEL_FC, MODEL_LENET

TRAIN_MODEL = "train_model"
"""Id of the probe of the training loop, and of the problem that judges it."""
FEWER_EPOCHS = Named(
    id="fewer_epochs",
    sentence="The network was trained for fewer epochs than the exercise asks for.",
    brief="trained for fewer epochs than asked",
)


class Accuracies(NamedTuple):
    """A problem for each network."""

    fc: Problem
    lenet: Problem
    cnn: Problem


def accuracies(calibration: Calibration) -> Accuracies:
    """The three problems, with what right code reached.

    What a network reaches follows from its class, from how it is trained, and for the perceptron
    from the loss and the optimizer that are judged as well.
    """

    def reached(model: Model, weight: float = 1) -> AccuracyReached:
        return AccuracyReached(
            model=model,
            expected=Luck.of(calibration, model.name),
            training=TRAIN_MODEL,
            fewer_epochs=FEWER_EPOCHS,
            weight=weight,
        )

    fc = Problem(
        id="fc_accuracy",
        title="Accuracy of the perceptron",
        points=8,
        checks=(reached(MODEL_FC),),
        rests_on=("fc", "criterion", "optimizer", TRAIN_MODEL),
    )
    lenet = Problem(
        id="lenet_accuracy",
        title="Accuracy of LeNet-5",
        points=8,
        checks=(reached(MODEL_LENET),),
        rests_on=("lenet", TRAIN_MODEL),
    )
    cnn = Problem(
        id="cnn_accuracy",
        title="Accuracy of the three convolutions",
        points=8,
        checks=(reached(MODEL_CNN, weight=6), _against_lenet(calibration)),
        rests_on=("cnn", TRAIN_MODEL),
    )
    return Accuracies(fc, lenet, cnn)


def _against_lenet(calibration: Calibration) -> AccuracyAgainst:
    return AccuracyAgainst(
        model=MODEL_CNN,
        other=MODEL_LENET,
        expected=Luck.of(calibration, MODEL_CNN.name),
        expected_other=Luck.of(calibration, MODEL_LENET.name),
        training=TRAIN_MODEL,
        weight=2,
    )
