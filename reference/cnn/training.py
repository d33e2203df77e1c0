"""The training loop of the exercise, without its printing."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

Batches = Iterable[tuple[Tensor, Tensor]]
"""Re-iterable batches: inputs, float32 with the batch first, and labels, int64 (n,)."""
Criterion = Callable[[Tensor, Tensor], Tensor]
"""Scalar loss of logits (n, classes) and labels (n,)."""


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Share of samples whose largest logit is that of their label.

    Args:
        logits: shape (n, classes).
        labels: int64, shape (n,).

    Raises:
        ValueError: there is no sample.
    """
    if len(labels) == 0:
        raise ValueError("labels: found none, expected at least one")
    return float((logits.argmax(dim=1) == labels).double().mean())


def train(  # noqa: PLR0917 - the six arguments of the exercise
    model: nn.Module,
    criterion: Criterion,
    optimizer: Optimizer,
    loader_train: Batches,
    loader_test: Batches,
    epochs: int,
) -> list[float]:
    """Train the model in place; the accuracy over `loader_test` after each epoch."""
    reached = []
    for _ in range(epochs):
        model.train()
        for inputs, labels in loader_train:
            optimizer.zero_grad()
            criterion(model(inputs), labels).backward()  # type: ignore[no-untyped-call]  # torch leaves it open
            optimizer.step()
        reached.append(evaluate(model, loader_test))
    return reached


def evaluate(model: nn.Module, loader: Batches) -> float:
    """Accuracy over all samples of the loader; leaves the model in eval mode, unchanged.

    Raises:
        ValueError: the loader holds no sample.
    """
    model.eval()
    with torch.no_grad():
        batches = [(model(inputs), labels) for inputs, labels in loader]
    if not batches:
        raise ValueError("loader: found no batch, expected at least one")
    logits, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    return accuracy(logits, labels)
