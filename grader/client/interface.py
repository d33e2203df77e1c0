"""What the service tells, as a client reads it: fields that it does not know it leaves alone."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from grader.domain.card import Card
from grader.domain.progress import Step
from grader.domain.service import FINAL


class Heard(BaseModel):
    """Something that came over the network: of a service that may be newer than this client."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Standing(Heard):
    """A submission, as it stands."""

    id: str
    state: str
    """See `grader.domain.service.State`."""
    lane: str = ""
    place: int | None = None
    """In its lane, from 1, where it waits."""
    expected_wait_seconds: float | None = None
    """Until it begins, roughly; None where that cannot be told."""
    reason: str | None = None
    """Code: why it is ``not_graded``."""
    message: str = ""

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state in FINAL


class Offered(Heard):
    """An assignment in a course."""

    card: Card


class Told(Heard):
    """An event of a submission."""

    kind: str
    """``state``, ``place``, ``cell``, ``epoch``, ``problem``, ``second_run``, ``end`` ..."""
    data: dict[str, Any]
    id: str = ""
    """What `Last-Event-ID` says to go on behind it; empty: nothing."""


class Problem(Heard):
    """Why a request was refused: RFC 9457."""

    code: str = "unknown"
    title: str = ""
    detail: str = ""
    status: int = 0


class StateTold(Heard):
    """Data of a ``state``."""

    state: str


class PlaceTold(Heard):
    """Data of a ``place``."""

    place: int | None
    expected_wait_seconds: float | None = None


class CellTold(Heard):
    """Data of a ``cell``."""

    index: int
    status: str
    """``running``, or as in `grader.domain.run.CellRun`."""
    seconds: float = 0


class EpochTold(Heard):
    """Data of an ``epoch``."""

    epoch: int | None = None
    epochs: int | None = None
    iteration: int | None = None
    iterations: int | None = None
    loss: float | None = None
    accuracy: float | None = None
    test_accuracy: float | None = None

    @property
    def step(self) -> Step:
        """What it says of a training."""
        return Step(**self.model_dump())
