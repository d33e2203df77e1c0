"""What was seen while a training function trained a small model. The student's claim, all of it."""

from typing import Annotated, Literal

from pydantic import Field

from grader.domain.base import Frozen, Short, Whole
from grader.domain.raised import Raised

Event = Literal["zero", "forward", "loss", "backward", "step"]


class TrainingTrace(Frozen):
    """What was seen while the training function ran.

    It names mistakes that leave the same weights; no point depends on it.
    """

    train_batches: Whole = 0
    test_batches: Whole = 0
    steps: Whole = 0
    train_forwards_in_eval_mode: Whole = 0
    test_forwards_in_train_mode: Whole = 0
    test_forwards_with_gradient: Whole = 0
    other_forwards: Whole = 0
    """Forward passes of the model outside both loaders."""
    losses: Whole = 0
    """Calls of the loss that was passed."""
    other_steps: Whole = 0
    """Steps of optimizers that were not passed."""
    other_models: Whole = 0
    """Forward passes of models with parameters that were not passed."""
    events: Annotated[tuple[Event, ...], Field(max_length=32)] = ()
    """What happened in the first training batches, in its order; backward: a gradient reached the
    model's output."""


class TrainingRun(Frozen):
    """One call of the training function.

    Arrays: ``E.key`` for each entry of the state_dict afterwards, with E the epochs asked for.
    """

    epochs: Whole
    error: Raised | None = None
    timed_out: bool = False
    trace: TrainingTrace = TrainingTrace()
    returned: Short = ""
    """`repr` of the returned value, cut."""
    printed: Short = ""
    """The end of what it printed."""
