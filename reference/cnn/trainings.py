"""The three trainings of the exercise, for calibration."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from grader.domain.calibration import Training
from grader.domain.check import Labelled
from reference.cnn.models import CNN, FC, LeNet
from reference.cnn.training import train

EPOCHS, BATCH, RATE = 5, 128, 0.1


def train_fc(seed: int, training: Labelled, test: Labelled) -> list[float]:
    """Test accuracy of the perceptron after each epoch."""
    return _run(FC, seed, training, test, flat=True)


def train_lenet(seed: int, training: Labelled, test: Labelled) -> list[float]:
    """Test accuracy of LeNet-5 after each epoch."""
    return _run(LeNet, seed, training, test)


def train_cnn(seed: int, training: Labelled, test: Labelled) -> list[float]:
    """Test accuracy of the three convolutions after each epoch."""
    return _run(CNN, seed, training, test)


TRAININGS = (
    Training(name="model_fc", run=train_fc),
    Training(name="model_lenet", run=train_lenet),
    Training(name="model_cnn", run=train_cnn),
)


def _run(
    build: Callable[[], nn.Module],
    seed: int,
    training: Labelled,
    test: Labelled,
    *,
    flat: bool = False,
) -> list[float]:
    torch.manual_seed(seed)
    model = build()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    loss = nn.CrossEntropyLoss()
    return train(model, loss, optimizer, _batches(training, flat), _batches(test, flat), EPOCHS)


def _batches(data: Labelled, flat: bool) -> list[tuple[Tensor, Tensor]]:
    """What the exercise's loaders give: float32 in [0, 1], in the files' order."""
    images = torch.from_numpy(data.images.copy()).float().div_(255)
    shaped = images.flatten(1) if flat else images[:, None]
    labels = torch.from_numpy(data.labels.copy())
    return list(zip(torch.split(shaped, BATCH), torch.split(labels, BATCH), strict=True))
