"""Evidence: everything that a run yields. Data only, and only ever the student's claim."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from grader.domain.base import Count, Frozen, Short, Text, Whole
from grader.domain.raised import Raised
from grader.domain.run import CellRun, Environment, SandboxFacts, SecondRun, Stopped
from grader.domain.training import TrainingRun

Tensors = Mapping[str, NDArray[np.generic]]

MAX_PARAMETERS = 512
MAX_CALLS = 256
MAX_ENTRIES = 64


class Found(Frozen):
    """Which object answered."""

    asked: Short
    """The name of the exercise."""
    used: Short
    """The name that the object has in the notebook."""
    how: Literal["name", "fallback", "constructed"] = "name"
    """By its name; as the only one of the right kind; by calling the class."""


class Parameter(Frozen):
    """One parameter of a module, listed in the order in which a forward pass first touches it."""

    name: Short
    """Name in `named_parameters()`."""
    shape: Annotated[tuple[Whole, ...], Field(max_length=8)]
    key: Short | None
    """Array of the answer that holds its values; None where they were too large to send."""
    used: bool
    """False: the forward pass never touched it (then listed last)."""
    trainable: bool


class LayerSeen(Frozen):
    """A leaf module in the order in which it ran, or one that holds parameters and never ran."""

    name: Short
    type: Short
    """Class name, such as ``Linear``."""
    parameters: Count
    output_shape: Annotated[tuple[Whole, ...], Field(max_length=8)] | None
    settings: Short = ""
    """`extra_repr()`, cut."""


class _Answer(Frozen):
    probe: Short
    """Id of the probe."""
    cell: Annotated[Whole, Field(ge=-1)]
    """Index of the cell that had just finished; the last one that ran for answers at the end."""
    seconds: Annotated[float, Field(ge=0)] = 0


class ModuleAnswer(_Answer):
    """What a module is.

    Arrays: ``output`` where it ran, the `key` of each parameter, and ``hidden_output``: what it
    gave with hidden weights in all used parameters, where these were sent and nothing was raised.
    """

    kind: Literal["module"] = "module"
    found: Found
    class_name: Short
    parameters: Annotated[tuple[Parameter, ...], Field(max_length=MAX_PARAMETERS)]
    layers: Annotated[tuple[LayerSeen, ...], Field(max_length=MAX_PARAMETERS)]
    parameter_count: Count
    """Elements of all trainable parameters, each tensor counted once."""
    error: Raised | None = None
    """Raised by the forward pass on the hidden inputs."""
    deterministic: bool = True
    """A second pass in eval mode gave the same output."""
    when: Literal["bound", "changed", "end", "retrained"] = "bound"
    """After which event; retrained: by a second run, with another seed."""


class CallAnswer(Frozen):
    """What one call gave: an array, or an exception."""

    key: Short | None = None
    """Array of the answer with the result (as float64, bool or int64, whatever it was)."""
    type: Short = ""
    """Type of the result, such as ``ndarray``."""
    dtype: Short = ""
    gradient: Short | None = None
    """Array with the gradient with respect to the first argument."""
    error: Raised | None = None
    timed_out: bool = False
    changed_input: bool = False
    """An argument was written to."""
    repeatable: bool = True
    """The second call gave the same."""


class FunctionAnswer(_Answer):
    """What a function gives on each call, in the order of the probe's calls."""

    kind: Literal["function"] = "function"
    found: Found
    type: Short = ""
    """Type of the object that was called, such as ``function`` or ``CrossEntropyLoss``."""
    calls: Annotated[tuple[CallAnswer, ...], Field(max_length=MAX_CALLS)]


class OptimizerAnswer(_Answer):
    """What an optimizer does.

    Arrays: ``first.N`` and ``second.N``, the change of the leading elements of the model's N-th
    parameter (order of `parameters()`) in each of two steps.
    """

    kind: Literal["optimizer"] = "optimizer"
    found: Found
    class_name: Short
    options: Annotated[dict[Short, float | bool | Short | None], Field(max_length=MAX_ENTRIES)]
    """Hyperparameters of the first group, without the parameters."""
    groups: Count
    model_parameters: Count
    """How many parameter tensors the model has (0: there is no such model)."""
    held: Count
    """How many of them the optimizer holds, compared by identity."""
    foreign: Count
    """Parameter tensors that it holds and that are not the model's."""
    like_model: bool = False
    """What it holds has the shapes of the model's parameters, in their order."""
    error: Raised | None = None


class TrainingAnswer(_Answer):
    """What the training function did to the small model."""

    kind: Literal["training"] = "training"
    found: Found
    runs: Annotated[tuple[TrainingRun, ...], Field(max_length=8)]


class VariableSeen(Frozen):
    """One variable: an array under the key of its name where it is one, else why not."""

    name: Short
    key: Short | None = None
    type: Short = ""
    dtype: Short = ""
    shape: Annotated[tuple[Whole, ...], Field(max_length=8)] = ()


class VariablesAnswer(_Answer):
    """What the variables held; missing ones are left out."""

    kind: Literal["variables"] = "variables"
    found: Found
    variables: Annotated[tuple[VariableSeen, ...], Field(max_length=32)]


class Unanswered(_Answer):
    """The probe got no answer."""

    kind: Literal["unanswered"] = "unanswered"
    reason: Literal[
        "missing",
        "ambiguous",
        "wrong_type",
        "raised",
        "timed_out",
        "too_large",
        "asked_differently",
    ]
    """missing: no such name and nothing that fits; ambiguous: several fit; raised: the object broke
    the probe; asked_differently: only at a regrade, the question is another than the run was asked;
    the others say it."""
    message: Text
    found: Found | None = None


Answer = Annotated[
    ModuleAnswer | FunctionAnswer | OptimizerAnswer | TrainingAnswer | VariablesAnswer | Unanswered,
    Field(discriminator="kind"),
]


@dataclass(frozen=True)
class Answered:
    """An answer with its arrays."""

    answer: Answer
    tensors: Tensors = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """All that one run yields."""

    environment: Environment
    cells: tuple[CellRun, ...]
    answers: tuple[Answered, ...]
    """In the order in which they came."""
    stopped: Stopped
    facts: SandboxFacts
    second: SecondRun | None = None
    """The second run, whose answers are the last ones; None where there was none."""

    def to(self, probe: str) -> tuple[Answered, ...]:
        """All answers to one probe, oldest first."""
        return tuple(a for a in self.answers if a.answer.probe == probe)

    def cell(self, index: int) -> CellRun | None:
        """How the cell at that index went; None where it has no code."""
        return next((c for c in self.cells if c.index == index), None)
