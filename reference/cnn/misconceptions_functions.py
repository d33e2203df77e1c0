"""Named mistakes in the loss, the convolution, the threshold and the training loop."""

from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from grader.checks.misconception import Misconception
from reference.cnn.training import Batches, Criterion

Numbers = NDArray[np.float64]


def _at(x: Numbers, h: Numbers, offset: int) -> Numbers:
    """The convolution's numbers from `offset` on, as many as `x` has; 0 outside."""
    return np.pad(np.convolve(x, h), x.size)[x.size + offset :][: x.size]


def _padded(x: Numbers, h: Numbers, mode: Any) -> Numbers:
    padded = np.pad(x, h.size // 2, mode=mode)
    return np.array([padded[i : i + h.size] @ h[::-1] for i in range(x.size)])


IN_CONVOLUTION = (
    Misconception(
        id="kernel_not_flipped",
        sentence="The filter is not flipped: this is the correlation. Compare h[m] with h[i - m].",
        share=0.4,
        build=lambda x, h: np.convolve(x, h[::-1], "same"),
    ),
    Misconception(
        id="full_length",
        sentence="The result is longer than the signal: it holds every overlap, however small.",
        share=0.4,
        build=lambda x, h: np.convolve(x, h, "full"),
    ),
    Misconception(
        id="valid_length",
        sentence="The result is shorter than the signal: is the signal padded?",
        share=0.4,
        build=lambda x, h: np.convolve(x, h, "valid"),
    ),
    Misconception(
        id="shifted",
        sentence="The result is shifted: the filter is centred on the position that is computed.",
        share=0.4,
        build=lambda x, h: _at(x, h, 0),
    ),
    Misconception(
        id="shifted",
        sentence="The result is shifted by one position to the left.",
        share=0.4,
        build=lambda x, h: _at(x, h, (h.size - 1) // 2 + 1),
    ),
    Misconception(
        id="shifted",
        sentence="The result is shifted by one position to the right.",
        share=0.4,
        build=lambda x, h: _at(x, h, (h.size - 1) // 2 - 1),
    ),
    Misconception(
        id="edge_padding",
        sentence="The signal is continued with its first and last number; zeros were asked for.",
        share=0.5,
        build=lambda x, h: _padded(x, h, "edge"),
    ),
    Misconception(
        id="wrap_padding",
        sentence="The signal is continued with its other end; zeros were asked for.",
        share=0.5,
        build=lambda x, h: _padded(x, h, "wrap"),
    ),
)

IN_THRESHOLD = (
    Misconception(
        id="inverted",
        sentence="It is inverted: 1 belongs where the result is above its mean.",
        share=0.5,
        build=lambda result: result <= result.mean(),
    ),
    Misconception(
        id="half_of_maximum",
        sentence="The threshold is half of the maximum; the mean was asked for.",
        share=0.5,
        build=lambda result: result > result.max() / 2,
    ),
    Misconception(
        id="absolute_value",
        sentence="The threshold is applied to the result's magnitude, not to the result.",
        share=0.5,
        build=lambda result: np.abs(result) > np.abs(result).mean(),
    ),
    Misconception(
        id="scaled",
        sentence="It holds 255 where 1 was asked for.",
        share=0.5,
        build=lambda result: np.where(result > result.mean(), 255, 0),
    ),
)

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
