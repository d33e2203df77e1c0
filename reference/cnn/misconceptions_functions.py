"""Named mistakes in the loss and the training loop."""

from collections.abc import Callable
from itertools import islice

import torch
from torch import Tensor, nn
from torch.nn import functional

from grader.checks.misconception import Misconception
from reference.cnn.training import Batches, Criterion

IN_LOSS = (
    Misconception(
        id="sum_not_mean",
        sentence="It adds the losses of a batch up, so that steps depend on the batch's size.",
        share=0.5,
        build=lambda logits, labels: functional.cross_entropy(logits, labels, reduction="sum"),
    ),
    Misconception(
        id="no_log_softmax",
        sentence="It expects the logarithms of probabilities, and the model gives logits.",
        share=0.25,
        build=functional.nll_loss,
    ),
    Misconception(
        id="softmax_twice",
        sentence="A softmax is applied before a loss that applies its own.",
        share=0.5,
        build=lambda logits, labels: functional.cross_entropy(logits.softmax(1), labels),
    ),
)

Batch = Callable[[nn.Module, Criterion, torch.optim.Optimizer, Tensor, Tensor], None]


def _backward(loss: Tensor) -> None:
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it open


def _right(
    model: nn.Module, crit: Criterion, opt: torch.optim.Optimizer, x: Tensor, y: Tensor
) -> None:
    opt.zero_grad()
    _backward(crit(model(x), y))
    opt.step()


def _no_zero(
    model: nn.Module, crit: Criterion, opt: torch.optim.Optimizer, x: Tensor, y: Tensor
) -> None:
    _backward(crit(model(x), y))
    opt.step()


def _no_step(
    model: nn.Module, crit: Criterion, opt: torch.optim.Optimizer, x: Tensor, y: Tensor
) -> None:
    opt.zero_grad()
    _backward(crit(model(x), y))


def _softmax(
    model: nn.Module, crit: Criterion, opt: torch.optim.Optimizer, x: Tensor, y: Tensor
) -> None:
    opt.zero_grad()
    _backward(crit(model(x).softmax(1), y))
    opt.step()


def _loop(
    batch: Batch = _right,
    *,
    train_mode: bool = True,
    eval_mode: bool = True,
    batches: int | None = None,
    epochs_used: int | None = None,
    on_test: bool = False,
) -> Callable[..., None]:
    """A training loop with one thing changed."""

    def train(  # noqa: PLR0917 - the six arguments of the exercise
        model: nn.Module,
        criterion: Criterion,
        optimizer: torch.optim.Optimizer,
        loader_train: Batches,
        loader_test: Batches,
        epochs: int,
    ) -> None:
        for _ in range(epochs if epochs_used is None else epochs_used):
            model.train(train_mode)
            for x, y in islice(loader_test if on_test else loader_train, batches):
                batch(model, criterion, optimizer, x, y)
            model.train(not eval_mode)
            with torch.no_grad():
                for x, _y in loader_test:
                    model(x)

    return train


IN_TRAINING = (
    Misconception(
        id="gradients_not_zeroed",
        sentence="Gradients are never set to zero, so that each step uses those of all batches.",
        share=0.5,
        build=_loop(_no_zero),
    ),
    Misconception(
        id="weights_never_change",
        sentence="The weights never change. Does the optimizer step in every batch, after the "
        "backward pass, and are gradients still there when it does?",
        share=0.25,
        build=_loop(_no_step),
    ),
    Misconception(
        id="softmax_before_loss",
        sentence="A softmax is applied before the loss, which applies its own.",
        share=0.5,
        build=_loop(_softmax),
    ),
    Misconception(
        id="evaluates_in_train_mode",
        sentence="The model is still in train mode while it is evaluated, which changes it.",
        share=0.75,
        build=_loop(eval_mode=False),
    ),
    Misconception(
        id="trains_in_eval_mode",
        sentence="The model is in eval mode while it is trained.",
        share=0.5,
        build=_loop(train_mode=False),
    ),
    Misconception(
        id="epochs_ignored",
        sentence="It trains for one epoch, however many are asked for.",
        share=0.5,
        build=_loop(epochs_used=1),
    ),
    Misconception(
        id="first_batch_only",
        sentence="Only the first batch of each epoch is used.",
        share=0.25,
        build=_loop(batches=1),
    ),
    Misconception(
        id="trains_on_test_data",
        sentence="It trains on the test batches.",
        share=0.25,
        build=_loop(on_test=True),
    ),
)
