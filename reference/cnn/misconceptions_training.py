"""Named mistakes in the training loop: our loop with one field of it changed.

Where several mistakes leave the same weights (a loop that never changes them), the order of events
in the first batches tells which one it is; see `TrainingMistake.seen`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

import torch
from torch import Tensor, nn

from grader.checks.training import TrainingMistake
from grader.domain.training import TrainingTrace
from reference.cnn.training import Batches, Criterion

RATE = 0.1
"""The exercise's learning rate, which a loop that makes its own optimizer takes."""
Optimizer = torch.optim.Optimizer


@dataclass(frozen=True)
class Loop:
    """A training loop; the defaults are right.

    Attributes:
        zero: when gradients are set to zero.
        step: whether the optimizer steps.
        softmax: whether a softmax comes before the loss.
        batches: which of an epoch's batches are used; all run forward before the last one.
        epochs: how many epochs there are; None: as many as asked for.
        on_test: trains on the test batches.
        train_mode: when the model is put into train mode.
        eval_mode: whether it is put into eval mode for the evaluation.
        optimizer: the one that is given; a plain one of its own; a new one like it in each epoch.
    """

    zero: Literal["batch", "epoch", "never"] = "batch"
    step: bool = True
    softmax: bool = False
    batches: Literal["all", "first", "last"] = "all"
    epochs: int | None = None
    on_test: bool = False
    train_mode: Literal["epoch", "once", "never"] = "epoch"
    eval_mode: bool = True
    optimizer: Literal["given", "own", "new"] = "given"

    def __call__(  # noqa: PLR0917 - the six arguments of the exercise
        self,
        model: nn.Module,
        criterion: Criterion,
        optimizer: Optimizer,
        loader_train: Batches,
        loader_test: Batches,
        epochs: int,
    ) -> None:
        """Train the model in place."""
        if self.optimizer == "own":
            optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
        for epoch in range(epochs if self.epochs is None else self.epochs):
            if self.optimizer == "new":
                given = optimizer.defaults
                options = {"lr": given["lr"], "momentum": given["momentum"]}
                optimizer = torch.optim.SGD(model.parameters(), **options)
            if self.train_mode == "never":
                model.eval()
            elif self.train_mode == "epoch" or epoch == 0:
                model.train()
            if self.zero == "epoch":
                optimizer.zero_grad()
            for x, y in self._used(model, loader_test if self.on_test else loader_train):
                self._batch(model, criterion, optimizer, x, y)
            model.train(not self.eval_mode)
            with torch.no_grad():
                for x, _ in loader_test:
                    model(x)

    def _used(self, model: nn.Module, batches: Batches) -> Iterator[tuple[Tensor, Tensor]]:
        if self.batches != "last":
            return islice(batches, 1 if self.batches == "first" else None)
        *others, last = batches
        for x, _ in others:
            model(x)
        return iter([last])

    def _batch(
        self, model: nn.Module, criterion: Criterion, optimizer: Optimizer, x: Tensor, y: Tensor
    ) -> None:
        if self.zero == "batch":
            optimizer.zero_grad()
        logits = model(x)
        loss = criterion(logits.softmax(1) if self.softmax else logits, y)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it open
        if self.step:
            optimizer.step()


def _mistake(
    id_: str,
    share: float,
    brief: str,
    sentence: str,
    *,
    seen: Callable[[TrainingTrace], bool] | None = None,
    **changes: object,
) -> TrainingMistake:
    def onto(other: Callable[..., object]) -> Callable[..., object]:
        assert isinstance(other, Loop)
        return replace(other, **changes)  # type: ignore[arg-type]  # fields by name

    return TrainingMistake(
        id=id_,
        share=share,
        brief=brief,
        sentence=sentence,
        build=onto(Loop()),
        onto=None if seen else onto,
        seen=seen,
    )


def _never(
    id_: str, brief: str, sentence: str, seen: Callable[[TrainingTrace], bool]
) -> TrainingMistake:
    """A mistake by which the weights never change, though batches are run."""
    text = f"The weights never change. {sentence}"

    def seen_in_batches(trace: TrainingTrace) -> bool:
        return trace.train_batches > 0 and seen(trace)

    return _mistake(id_, 0.25, brief, text, seen=seen_in_batches, step=False)


def _in_order(trace: TrainingTrace, first: str, second: str) -> bool:
    """Within the first batch that has both, `first` comes before `second`."""
    events = trace.events
    return first in events and second in events and events.index(first) < events.index(second)


def _zeroed_between(trace: TrainingTrace) -> bool:
    pairs = zip(trace.events, trace.events[1:], strict=False)
    return "step" in trace.events and ("backward", "zero") in pairs


STILL = (
    _never(
        "global_optimizer",
        "used the notebook's optimizer instead of the argument",
        "It is another optimizer that steps, not the one that is passed as an argument: look at "
        "the names in the function.",
        lambda trace: trace.steps == 0 and trace.other_steps > 0,
    ),
    _never(
        "no_step",
        "never let the optimizer step",
        "The optimizer never makes a step.",
        lambda trace: trace.steps == 0 and trace.other_steps == 0,
    ),
    _never(
        "no_backward",
        "never ran the backward pass",
        "There is no backward pass, so that the optimizer has no gradients to step with.",
        lambda trace: trace.steps > 0 and "backward" not in trace.events,
    ),
    _never(
        "step_before_backward",
        "stepped before the backward pass",
        "In each batch the optimizer steps before the backward pass has made gradients.",
        lambda trace: _in_order(trace, "step", "backward"),
    ),
    _never(
        "zeroed_before_step",
        "set the gradients to zero before the step",
        "The gradients are set to zero between the backward pass and the step that needs them.",
        _zeroed_between,
    ),
    _never(
        "weights_never_change",
        "never changed the weights",
        "Does the optimizer step in every batch, after the backward pass, and are gradients still "
        "there when it does?",
        lambda _: True,
    ),
)

IN_TRAINING = (
    _mistake(
        "gradients_not_zeroed",
        0.5,
        "never set the gradients to zero",
        "Gradients are never set to zero, so that each step uses those of all batches before.",
        zero="never",
    ),
    _mistake(
        "zeroed_once_per_epoch",
        0.5,
        "set the gradients to zero once an epoch only",
        "Gradients are set to zero once in an epoch, so that each step uses those of all its "
        "batches so far.",
        zero="epoch",
    ),
    *STILL,
    _mistake(
        "softmax_before_loss",
        0.5,
        "applied a softmax before the loss",
        "A softmax is applied before the loss, which applies its own.",
        softmax=True,
    ),
    _mistake(
        "evaluates_in_train_mode",
        0.75,
        "evaluated in train mode",
        "The model is still in train mode while it is evaluated, which changes it.",
        eval_mode=False,
    ),
    _mistake(
        "trains_in_eval_mode",
        0.5,
        "trained in eval mode",
        "The model is in eval mode while it is trained.",
        train_mode="never",
    ),
    _mistake(
        "train_mode_set_once",
        0.5,
        "set the train mode before the epochs only",
        "From the second epoch on it trains in eval mode: the evaluation switches the mode, and "
        "nothing switches it back.",
        train_mode="once",
    ),
    _mistake(
        "epochs_ignored",
        0.5,
        "trained for one epoch whatever was asked for",
        "It trains for one epoch, however many are asked for.",
        epochs=1,
    ),
    _mistake(
        "first_batch_only",
        0.25,
        "used the first batch of an epoch only",
        "Only the first batch of each epoch is used.",
        batches="first",
    ),
    _mistake(
        "last_batch_only",
        0.25,
        "used the last batch of an epoch only",
        "Only the last batch of each epoch is learned from: are the backward pass and the step "
        "inside the loop over batches?",
        batches="last",
    ),
    _mistake(
        "trains_on_test_data",
        0.25,
        "trained on the test data",
        "It trains on the test batches.",
        on_test=True,
    ),
    _mistake(
        "own_optimizer",
        0.5,
        "did not use the settings of the optimizer that is passed",
        "Its steps are not those of the optimizer that is passed: is another one made inside, or "
        "are the weights changed by hand? Settings such as the momentum are lost.",
        optimizer="own",
    ),
    _mistake(
        "optimizer_recreated",
        0.5,
        "made a new optimizer in every epoch",
        "A new optimizer is made in every epoch, which forgets what the last one had gathered, "
        "such as its momentum.",
        optimizer="new",
    ),
)
