"""What the service tells, as a client reads it: fields that it does not know it leaves alone."""

from typing import Any

from pydantic import BaseModel, ConfigDict

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


class Told(Heard):
    """An event of a submission."""

    kind: str
    """``state``, ``cell``, ``epoch``, ``problem``, ``second_run`` ..."""
    data: dict[str, Any]
    id: str = ""
    """What `Last-Event-ID` says to go on behind it; empty: nothing."""


class Problem(Heard):
    """Why a request was refused: RFC 9457."""

    code: str = "unknown"
    title: str = ""
    detail: str = ""
    status: int = 0
