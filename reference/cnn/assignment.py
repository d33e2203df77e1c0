"""Exercise 09, Convolutional Neural Networks: 18 problems, 100 points."""

from pathlib import Path

from grader.checks.accuracy import AccuracyReached
from grader.checks.against import AccuracyAgainst
from grader.checks.answers import FreeText, StatedNumber, WrongNumber
from grader.checks.criterion import LossMatches
from grader.checks.functions import FunctionMatches
from grader.checks.luck import Luck
from grader.checks.model import Images, Model, fixed
from grader.checks.modules import ModelMatches, ParameterCount
from grader.checks.optimizer import OptimizerMatches
from grader.checks.training import TrainingMatches
from grader.checks.variables import ArrayMatches
from grader.domain.assignment import Assignment, Problem, Shortcut
from grader.domain.calibration import Calibration
from grader.domain.codes import Named
from reference.cnn import misconceptions, questions
from reference.cnn.convolution import convolve_1d
from reference.cnn.inputs import convolutions, filtered_logos, threshold
from reference.cnn.misconceptions_functions import (
    IN_CONVOLUTION,
    IN_LOSS,
    IN_THRESHOLD,
    IN_TRAINING,
)
from reference.cnn.models import CNN, FC, LeNet
from reference.cnn.training import train
from reference.cnn.trainings import TRAININGS
from reference.cnn.variants import VARIANTS

HERE = Path(__file__).parent

MODEL_FC = Model(
    name="model_fc",
    class_name="FC",
    reference=fixed(FC),
    images=Images(flat=True),
    misconceptions=misconceptions.IN_FC,
)
MODEL_LENET = Model(
    name="model_lenet",
    class_name="CNN_LeNet",
    reference=fixed(LeNet),
    misconceptions=misconceptions.IN_LENET,
)
MODEL_CNN = Model(
    name="model_cnn",
    class_name="CNN",
    reference=lambda shapes: CNN(misconceptions.filters_of(shapes)),
    misconceptions=misconceptions.IN_CNN,
)

CALIBRATION = HERE / "calibration.json"
CALIBRATED = Calibration.read(CALIBRATION)
LUCK_FC = Luck.of(CALIBRATED, MODEL_FC.name)
LUCK_LENET = Luck.of(CALIBRATED, MODEL_LENET.name)
LUCK_CNN = Luck.of(CALIBRATED, MODEL_CNN.name)
FEWER_EPOCHS = Named(
    id="fewer_epochs",
    sentence="The network was trained for fewer epochs than the exercise asks for.",
    brief="trained for fewer epochs than asked",
)

FC_COUNT = 567_434
LENET_COUNT = 106_154
WITHOUT_BIASES = "This is the number of weights without the biases."
OTHER_MODEL = "This is the count of the other network."

PYTORCH = (
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
                misconceptions=(
                    WrongNumber(id="no_biases", value=566_528, share=0.5, sentence=WITHOUT_BIASES),
                    WrongNumber(id="other_model", value=LENET_COUNT, share=0, sentence=OTHER_MODEL),
                ),
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
    Problem(
        id="fc_accuracy",
        title="Accuracy of the perceptron",
        points=8,
        checks=(
            AccuracyReached(
                model=MODEL_FC, expected=LUCK_FC, training="train_model", fewer_epochs=FEWER_EPOCHS
            ),
        ),
        rests_on=("fc", "criterion", "optimizer", "train_model"),
    ),
)

NETWORKS = (
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
                misconceptions=(
                    WrongNumber(id="no_biases", value=105_918, share=0.5, sentence=WITHOUT_BIASES),
                    WrongNumber(
                        id="classic_lenet",
                        value=61_706,
                        share=0.5,
                        sentence="This is the count of LeCun's LeNet-5 with filters of 5 by 5.",
                    ),
                    WrongNumber(id="other_model", value=FC_COUNT, share=0, sentence=OTHER_MODEL),
                ),
            ),
        ),
    ),
    Problem(
        id="lenet_accuracy",
        title="Accuracy of LeNet-5",
        points=8,
        checks=(
            AccuracyReached(
                model=MODEL_LENET,
                expected=LUCK_LENET,
                training="train_model",
                fewer_epochs=FEWER_EPOCHS,
            ),
        ),
        rests_on=("lenet", "train_model"),
    ),
    Problem(
        id="cnn",
        title="Network of three convolutions",
        points=8,
        checks=(
            ModelMatches(model=MODEL_CNN, weight=6),
            ParameterCount(model=MODEL_CNN, weight=2),
        ),
    ),
    Problem(
        id="cnn_accuracy",
        title="Accuracy of the three convolutions",
        points=8,
        checks=(
            AccuracyReached(
                model=MODEL_CNN,
                expected=LUCK_CNN,
                training="train_model",
                fewer_epochs=FEWER_EPOCHS,
                weight=6,
            ),
            AccuracyAgainst(
                model=MODEL_CNN,
                other=MODEL_LENET,
                expected=LUCK_CNN,
                expected_other=LUCK_LENET,
                training="train_model",
                weight=2,
            ),
        ),
        rests_on=("cnn", "train_model"),
    ),
    Problem(
        id="cnn_findings",
        title="What the number of filters does",
        points=3,
        checks=(FreeText(question=questions.CNN_FINDINGS),),
    ),
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

assignment = Assignment(
    id="cnn",
    title="Exercise 09: Convolutional Neural Networks",
    problems=(*PYTORCH, *NETWORKS, *CONVOLUTION),
    files=HERE / "files",
    release=HERE / "release.ipynb",
    solution=HERE / "solution.ipynb",
    variants=VARIANTS,
    datasets=("mnist",),
    trainings=TRAININGS,
    calibration=CALIBRATION,
    shortcuts=(
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
    ),
)
