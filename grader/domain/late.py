"""What handing in late costs: a rule of the course, and what it says of one submission."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from grader.domain.base import Count, Frozen

Percent = Annotated[float, Field(ge=0, le=100)]

MOST_DAYS = 3650
"""The longest time that a policy may name: moments beyond the year 9999 cannot be reckoned with."""
_UNITS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


class Lateness(Frozen):
    """How late a submission is, and what share of its points it loses for that."""

    due_at: AwareDatetime
    received_at: AwareDatetime
    seconds: Annotated[Count, Field(ge=1)]
    """Late by so many, begun ones counted whole, after the time of grace."""
    percent: Percent
    """Taken off every point: those that checks give, and those that a person gives later."""


class LatePolicy(Frozen):
    """A share of the points for each day or hour that has begun after the due time."""

    grace_seconds: Annotated[int, Field(ge=0, le=MOST_DAYS * 86_400)] = 0
    """Still on time for so long after the due time; days and hours count from its end."""
    per: Literal["day", "hour"] = "day"
    """24 hours, wherever clocks are set forward meanwhile, or one hour."""
    percent: Percent
    """Taken off for each that has begun."""
    most: Percent = 100
    """What is taken off at most, in percent."""
    days: Annotated[int, Field(ge=0, le=MOST_DAYS)] | None = None
    """Nothing is accepted later than so many days after the time of grace; None: no end."""

    def lateness(self, due_at: datetime, received_at: datetime) -> Lateness | None:
        """What it says of a submission; None: on time. Both moments name their time zones."""
        late = received_at - due_at - timedelta(seconds=self.grace_seconds)
        if late <= timedelta():
            return None
        begun = -(-late // _UNITS[self.per])
        return Lateness(
            due_at=due_at,
            received_at=received_at,
            seconds=-(-late // timedelta(seconds=1)),
            percent=min(self.most, begun * self.percent),
        )

    def closes_at(self, due_at: datetime) -> datetime | None:
        """The last moment at which something is accepted; None: there is no last one."""
        if self.days is None:
            return None
        return due_at + timedelta(days=self.days, seconds=self.grace_seconds)
