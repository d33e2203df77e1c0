"""What goes into a sandbox and the records that come out of it: the two sides' only contract.

The guest (`grader/sandbox/guest`) imports nothing of ours; `JobSpec` is the JSON that it reads from
``/job/job.json`` and `Record` the JSON that it writes.

**The stream.** The guest writes frames to the descriptor that was its standard output::

    4 bytes   big-endian length of the header (at most MAX_HEADER_BYTES)
    4 bytes   big-endian length of the payload (0, or at most the limit `answer_bytes`)
    header    UTF-8 JSON, one Record
    payload   safetensors, the arrays of an ``answer`` record

A stream without an ``end`` record was cut: the sandbox's facts tell why.
"""

from typing import Annotated, Literal

from pydantic import Field

from grader.domain.base import Frozen, Short, Whole
from grader.domain.evidence import Answer
from grader.domain.limits import Limits
from grader.domain.probe import Probe
from grader.domain.run import CellRun, Environment

MAX_HEADER_BYTES = 4 * 1024 * 1024


class JobCell(Frozen):
    """A code cell to run."""

    index: int
    source: str


class Retraining(Frozen):
    """A model to be trained once more with another seed, from new weights."""

    probe: str
    """Id of the `DescribeModule` whose answer is wanted, with ``when="retrained"``."""
    model: str
    """Variable of the notebook that holds the model."""
    training: str
    """Id of the `TrainSmallModel` that must have been answered rightly."""
    function: str
    """The notebook's training function."""
    cell: int
    """Index of the cell that calls it for the model; none after it needs to run."""
    seed: int
    """32 bits, for numpy, random and torch (CUDA too) before weights are drawn anew."""


class JobSpec(Frozen):
    """What the guest reads: ``/job/job.json``.

    Beside it lie ``/job/inputs.safetensors``, the arrays that the probes name, and ``/job/files/``,
    which the guest copies into the working directory; data sets are at ``/data``, read-only.
    """

    cells: tuple[JobCell, ...]
    probes: tuple[Probe, ...]
    limits: Limits
    seed: int
    """32 bits; the guest seeds numpy, random and torch with it for the probes, never for cells."""
    again: tuple[Retraining, ...] = ()
    """Not empty: a second run. Only these models are trained, any other call of their training
    functions returns None at once, and the probes are answered after these trainings alone."""


class Hello(Frozen):
    """First record: the kernel is up."""

    type: Literal["hello"] = "hello"
    environment: Environment


class CellStarted(Frozen):
    """A cell begins."""

    type: Literal["cell_started"] = "cell_started"
    index: Whole


class Progress(Frozen):
    """The last line that the running cell printed; at most two a second."""

    type: Literal["progress"] = "progress"
    index: Whole
    text: Short


class CellFinished(Frozen):
    """A cell ended, one way or the other."""

    type: Literal["cell_finished"] = "cell_finished"
    cell: CellRun


class AnswerGiven(Frozen):
    """A probe was answered; the payload holds the arrays."""

    type: Literal["answer"] = "answer"
    answer: Answer


class End(Frozen):
    """Last record: the guest ended by itself."""

    type: Literal["end"] = "end"
    reason: Literal["finished", "wall_time", "kernel_died", "output"]
    cell: Whole | None = None
    message: Short = ""


Record = Annotated[
    Hello | CellStarted | Progress | CellFinished | AnswerGiven | End, Field(discriminator="type")
]
