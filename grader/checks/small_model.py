"""The small model that a training function trains, and what the reference makes of it."""

import hashlib
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from grader.checks import tolerance
from grader.checks.training_notes import Accuracies
from grader.domain.hidden import Hidden
from grader.domain.probe import Layer, TrainSmallModel

FEATURES, WIDTH, CLASSES = 20, 12, 4
TRAIN, TEST, BATCH = 70, 25, 16
"""Neither set is a multiple of the batch, so that the last batch is short."""
LAYERS = (
    Layer(type="linear", size=(FEATURES, WIDTH)),
    Layer(type="batch_norm", size=(WIDTH,)),
    Layer(type="relu"),
    Layer(type="linear", size=(WIDTH, CLASSES)),
)
LR, MOMENTUM = 0.1, 0.9
EPOCHS = (1, 2)

Train = Callable[..., Any]
"""``train(model, criterion, optimizer, loader_train, loader_test, epochs)``, in place."""
State = Mapping[str, tolerance.Numbers]
"""A state_dict as float64."""


@dataclass(frozen=True)
class Task:
    """A probe with its arrays: everything that a training starts from."""

    probe: TrainSmallModel
    arrays: Mapping[str, NDArray[np.generic]]

    def start(self) -> State:
        """The state before training."""
        return _state(self._model())

    def after(self, train: Train, epochs: int) -> State:
        """The state after a training of ours; the caller's random numbers are left alone."""
        model = self._model()
        probe = self.probe
        optimizer = torch.optim.SGD(model.parameters(), lr=probe.lr, momentum=probe.momentum)
        loaders = self._loader(probe.train), self._loader(probe.test)
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            train(model, nn.CrossEntropyLoss(), optimizer, *loaders, epochs)
        return _state(model)

    def accuracies(self, state: State) -> Accuracies:
        """How accurate the model is with that state, in eval mode on the test batches."""
        model = self._model()
        model.load_state_dict({key: torch.tensor(value) for key, value in state.items()})
        model.eval()
        with torch.random.fork_rng(devices=[]), torch.no_grad():  # a loader draws a seed
            right = [(model(x).argmax(1) == y).double() for x, y in self._loader(self.probe.test)]
        every = torch.cat(right).mean()
        return Accuracies(float(every), float(torch.stack([part.mean() for part in right]).mean()))

    def key(self, train: Train, epochs: int) -> str:
        """Everything that the state after a training depends on, as a digest."""
        content = hashlib.sha256(f"{self.probe!r} {epochs} {torch.__version__}".encode())
        for module in (__name__, train.__module__):
            content.update(inspect.getsource(sys.modules[module]).encode())
        content.update(getattr(train, "__qualname__", repr(train)).encode())
        for name in sorted(self.arrays):
            content.update(self.arrays[name].tobytes())
        return f"trained-{content.hexdigest()}"

    def _model(self) -> nn.Sequential:
        with torch.random.fork_rng(devices=[]):
            model = nn.Sequential(*map(_layer, self.probe.layers))
        weights = {k: torch.tensor(self.arrays[key]) for k, key in self.probe.weights.items()}
        model.load_state_dict(weights, strict=False)
        return model

    def _loader(self, keys: tuple[str, str]) -> DataLoader[tuple[torch.Tensor, ...]]:
        data = TensorDataset(*(torch.tensor(self.arrays[key]) for key in keys))
        return DataLoader(data, batch_size=self.probe.batch_size)


def draw(name: str, hidden: Hidden) -> Task:
    """A task with hidden weights and hidden batches that can be learned."""
    rng = hidden.rng(name)
    weights: dict[str, NDArray[np.generic]] = {
        "0.weight": rng.normal(0, 0.3, (WIDTH, FEATURES)),
        "0.bias": rng.normal(0, 0.3, WIDTH),
        "1.weight": rng.uniform(0.5, 1.5, WIDTH),
        "1.bias": rng.normal(0, 0.3, WIDTH),
        "1.running_mean": rng.normal(0, 0.3, WIDTH),
        "1.running_var": rng.uniform(0.5, 1.5, WIDTH),
        "3.weight": rng.normal(0, 0.3, (CLASSES, WIDTH)),
        "3.bias": rng.normal(0, 0.3, CLASSES),
    }
    arrays = {f"{name}.{key}": value.astype(np.float32) for key, value in weights.items()}
    rule = rng.normal(0, 1, (FEATURES, CLASSES))
    for part, size in (("train", TRAIN), ("test", TEST)):
        inputs = rng.normal(0.5 if part == "test" else 0, 1, (size, FEATURES))
        arrays[f"{name}.{part}.inputs"] = inputs.astype(np.float32)
        arrays[f"{name}.{part}.labels"] = (inputs @ rule).argmax(axis=1).astype(np.int64)
    probe = TrainSmallModel(
        id=name,
        name=name,
        layers=LAYERS,
        weights={key: f"{name}.{key}" for key in weights},
        train=(f"{name}.train.inputs", f"{name}.train.labels"),
        test=(f"{name}.test.inputs", f"{name}.test.labels"),
        batch_size=BATCH,
        lr=LR,
        momentum=MOMENTUM,
        epochs=EPOCHS,
    )
    return Task(probe, arrays)


def _layer(layer: Layer) -> nn.Module:
    match layer.type:
        case "linear":
            return nn.Linear(layer.size[0], layer.size[1])
        case "batch_norm":
            return nn.BatchNorm1d(layer.size[0])
        case "relu":
            return nn.ReLU()
        case _:
            assert_never(layer.type)


def _state(model: nn.Module) -> State:
    return {key: value.double().numpy().copy() for key, value in model.state_dict().items()}
