"""Exercise 09, Convolutional Neural Networks: 18 problems, 100 points."""

from pathlib import Path

from grader.checks.answers import FreeText, StatedNumber
from grader.checks.criterion import LossMatches
from grader.checks.functions import FunctionMatches
from grader.checks.modules import ModelMatches, ParameterCount
from grader.checks.optimizer import OptimizerMatches
from grader.checks.training import TrainingMatches
from grader.checks.variables import ArrayMatches
from grader.domain.assignment import Assignment, Problem, Rehearsal, Shortcut
from grader.domain.calibration import Calibration
from reference.cnn import questions
from reference.cnn.accuracies import accuracies
from reference.cnn.convolution import convolve_1d
from reference.cnn.inputs import convolutions, filtered_logos, threshold
from reference.cnn.misconceptions_convolution import CHANGES_INPUT, IN_CONVOLUTION
from reference.cnn.misconceptions_counts import (
    FC_COUNT,
    FORMULA_ONLY,
    IN_FC_COUNT,
    IN_LENET_COUNT,
    LENET_COUNT,
    ROUNDED,
)
from reference.cnn.misconceptions_loss import IN_LOSS
from reference.cnn.misconceptions_threshold import IN_THRESHOLD
from reference.cnn.misconceptions_training import IN_TRAINING
from reference.cnn.networks import MODEL_CNN, MODEL_FC, MODEL_LENET
from reference.cnn.training import train
from reference.cnn.trainings import TRAININGS
from reference.cnn.variants import VARIANTS

HERE = Path(__file__).parent

PERCEPTRON = (
    Problem(
        id="fc",
        title="Multi-layer perceptron",
        points=10,
        checks=(
            ModelMatches(model=MODEL_FC, weight=7),
            ParameterCount(model=MODEL_FC, expected=FC_COUNT, weight=3),
        ),
    ),
    Problem(
        id="fc_count",
        title="Parameters of the perceptron",
        points=3,
        checks=(
            StatedNumber(
                question=questions.FC_COUNT,
                expected=FC_COUNT,
                misconceptions=IN_FC_COUNT,
                rounded=ROUNDED,
                formula=FORMULA_ONLY,
            ),
        ),
    ),
    Problem(
        id="criterion",
        title="Loss function",
        points=3,
        checks=(LossMatches(name="criterion", misconceptions=IN_LOSS),),
    ),
    Problem(
        id="optimizer",
        title="Optimizer",
        points=4,
        checks=(OptimizerMatches(name="opt", model="model_fc", lr=0.1),),
    ),
    Problem(
        id="train_model",
        title="Training loop",
        points=12,
        checks=(TrainingMatches(name="train_model", reference=train, misconceptions=IN_TRAINING),),
    ),
)

LENET = (
    Problem(
        id="lenet",
        title="LeNet-5",
        points=8,
        checks=(
            ModelMatches(model=MODEL_LENET, weight=6),
            ParameterCount(model=MODEL_LENET, expected=LENET_COUNT, weight=2),
        ),
    ),
    Problem(
        id="lenet_count",
        title="Parameters of LeNet-5",
        points=3,
        checks=(
            StatedNumber(
                question=questions.LENET_COUNT,
                expected=LENET_COUNT,
                misconceptions=IN_LENET_COUNT,
                rounded=ROUNDED,
                formula=FORMULA_ONLY,
            ),
        ),
    ),
)

THREE_CONVOLUTIONS = Problem(
    id="cnn",
    title="Network of three convolutions",
    points=8,
    checks=(
        ModelMatches(model=MODEL_CNN, weight=6),
        ParameterCount(model=MODEL_CNN, weight=2),
    ),
)

FINDINGS = Problem(
    id="cnn_findings",
    title="What the number of filters does",
    points=3,
    checks=(FreeText(question=questions.CNN_FINDINGS),),
)

CONVOLUTION = (
    Problem(
        id="conv1d",
        title="Convolution in one dimension",
        points=10,
        checks=(
            FunctionMatches(
                name="convolution_one_dimensional",
                reference=convolve_1d,
                groups=convolutions,
                misconceptions=IN_CONVOLUTION,
                changes_input=CHANGES_INPUT,
            ),
        ),
    ),
    Problem(
        id="conv1d_by_hand",
        title="Convolution by hand",
        points=2,
        checks=(FreeText(question=questions.CONV1D_BY_HAND),),
    ),
    Problem(
        id="conv1d_meaning",
        title="What the filter does",
        points=2,
        checks=(FreeText(question=questions.CONV1D_MEANING),),
    ),
    Problem(
        id="gaussian",
        title="Gaussian filters",
        points=2,
        checks=(FreeText(question=questions.GAUSSIAN),),
    ),
    Problem(
        id="threshold",
        title="Threshold",
        points=4,
        checks=(
            ArrayMatches(
                name="thresholded_result",
                given="result",
                reference=threshold,
                sources=filtered_logos,
                misconceptions=IN_THRESHOLD,
            ),
        ),
    ),
    Problem(
        id="sobel",
        title="Sobel filters",
        points=2,
        checks=(FreeText(question=questions.SOBEL),),
    ),
)

SHORTCUTS = (
    Shortcut(
        function="convolution_one_dimensional",
        calls=(
            "np.convolve",
            "np.correlate",
            "scipy.signal.convolve",
            "scipy.signal.fftconvolve",
            "scipy.signal.oaconvolve",
            "scipy.signal.lfilter",
            "scipy.signal.convolve2d",
            "scipy.ndimage.convolve1d",
            "F.conv1d",
        ),
    ),
    Shortcut(
        function=None,
        calls=(
            "load_state_dict",
            "torch.load",
            "torch.hub.load",
            "load_state_dict_from_url",
            "safetensors.torch.load_file",
        ),
    ),
)


def build(calibration: Path) -> Assignment:
    """The exercise, with the accuracies that right code reached in a calibration."""
    reached = accuracies(Calibration.read(calibration))
    networks = (*LENET, reached.lenet, THREE_CONVOLUTIONS, reached.cnn, FINDINGS)
    return Assignment(
        id="cnn",
        title="Exercise 09: Convolutional Neural Networks",
        problems=(*PERCEPTRON, reached.fc, *networks, *CONVOLUTION),
        files=HERE / "files",
        release=HERE / "release.ipynb",
        solution=HERE / "solution.ipynb",
        variants=VARIANTS,
        datasets=("mnist",),
        gpu="preferred",
        trains_by=("train_model", "backward"),
        trainings=TRAININGS,
        calibration=calibration,
        shortcuts=SHORTCUTS,
    )


REHEARSAL = Rehearsal(
    data={"mnist/train": 12_000, "mnist/test": 2_000},
    assignment=build(HERE / "calibration-rehearsal.json"),
)
assignment = build(HERE / "calibration.json").model_copy(update={"rehearsal": REHEARSAL})
