"""Probes: what to ask inside the sandbox. They are data; they hold no expected value.

A probe is asked whenever the name it watches was bound anew by a cell that has just finished, so
that an object is judged as it stood then. What a probe answers is in `evidence.py`. Arrays that a
probe needs lie in the job's ``inputs.safetensors``; a field of type `Key` names one.
"""

from typing import Annotated, Literal

from pydantic import Field

from grader.domain.base import Frozen

Key = str
"""Name of an array in the job's ``inputs.safetensors``."""


class DescribeModule(Frozen):
    """Describe the `torch.nn.Module` bound to `name`, and run it in eval mode on hidden inputs.

    Asked when `name` is bound, again after each cell that changed its weights (so that the trained
    weights are seen), and at the end of the run. Where `name` is never bound, at the end: the one
    module that is an instance of `class_name`; else the one module that no other probe names and
    that accepts the inputs with a result of `outputs` columns; else ``class_name()`` is called.
    """

    kind: Literal["module"] = "module"
    id: str
    name: str
    """Variable, such as ``model_fc``."""
    class_name: str | None = None
    inputs: Key
    """float32 array, batch first."""
    outputs: int
    """Columns of a right output: tells which unnamed module fits."""
    seed: int = 0
    """Of the hidden weights with which the module is run once more."""


class Call(Frozen):
    """One call of a function, every argument copied before it."""

    args: tuple[Key, ...]
    """Positional arguments, each an array (a 0-d array becomes a Python number)."""


class CallFunction(Frozen):
    """Call whatever is bound to `name` on hidden arrays, each call twice.

    Where `name` is never bound (or never answered without an error), at the end of the run: the one
    function or object written in the notebook, named by no other probe, that `fits`.
    """

    kind: Literal["function"] = "function"
    id: str
    name: str
    calls: tuple[Call, ...]
    arrays: Literal["numpy", "torch"] = "numpy"
    """What the arguments are given as; torch ones go to the notebook's ``device``."""
    gradients: bool = False
    """torch only: the first argument requires a gradient and, where the result is a scalar, the
    gradient with respect to it is part of the answer."""
    fits: Literal["like_first_argument", "scalar"] | None = None
    """What the result of the first call must look like for an unnamed object to be used instead."""


class StepOptimizer(Frozen):
    """Describe the optimizer bound to `name` and let it step twice on hidden gradients.

    Every parameter gets ``numpy.resize(gradients, shape)`` as its gradient. Weights, gradients and
    the optimizer's state are put back afterwards. Where `name` is never bound: the one optimizer
    that holds parameters of `model`.
    """

    kind: Literal["optimizer"] = "optimizer"
    id: str
    name: str
    model: str
    """Variable of the module whose parameters it should hold."""
    gradients: Key
    """1-d float32 array."""
    sample: int = 64
    """How many leading elements of each parameter's step are answered."""


class Layer(Frozen):
    """One layer of the small model that a training probe trains."""

    type: Literal["linear", "batch_norm", "relu"]
    size: tuple[int, ...] = ()
    """linear: (in, out); batch_norm: (features,)."""


class TrainSmallModel(Frozen):
    """Let the notebook's training function train a small model of ours on hidden batches.

    For each number in `epochs` a fresh ``nn.Sequential`` of `layers` with the given weights, a new
    ``SGD(lr, momentum)`` and fresh loaders (not shuffled, last batch short) are passed as
    ``name(model, criterion, optimizer, loader_train, loader_test, epochs)``; criterion is
    ``nn.CrossEntropyLoss()``. Fallback: the one function of six parameters.
    """

    kind: Literal["training"] = "training"
    id: str
    name: str
    layers: tuple[Layer, ...]
    weights: dict[str, Key]
    """state_dict key to array, for every parameter and buffer but ``num_batches_tracked``."""
    train: tuple[Key, Key]
    """Inputs (n, features) float32 and labels (n,) int64."""
    test: tuple[Key, Key]
    batch_size: int
    lr: float
    momentum: float
    epochs: tuple[int, ...] = (1, 2)


class ReadVariables(Frozen):
    """Read variables as arrays when the first of `names` is bound."""

    kind: Literal["variables"] = "variables"
    id: str
    names: tuple[str, ...]


Probe = Annotated[
    DescribeModule | CallFunction | StepOptimizer | TrainSmallModel | ReadVariables,
    Field(discriminator="kind"),
]
