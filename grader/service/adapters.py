"""What the API stands on, and what it allows."""

from dataclasses import dataclass

from grader.ledger import Ledger
from grader.ledger.clock import Clock, utc_now
from grader.queue import JobQueue
from grader.settings import Settings
from grader.store import Blobs
from grader.wiring import services


@dataclass(frozen=True)
class Bounds:
    """What clients may do, and how often the API asks its database for them."""

    upload_bytes: int = 20_000_000
    """The largest notebook."""
    upload_seconds: float = 120
    """A body that takes longer is refused: whoever sends a byte a minute holds a connection."""
    requests_per_minute: int = 600
    """Of one token; 0: as many as it likes."""
    uploads_per_minute: int = 30
    """Of one token; 0: as many as it likes."""
    streams: int = 8
    """Event streams that one token may hold open at once."""
    all_streams: int = 4_000
    """Event streams that this process holds open at once."""
    stream_seconds: float = 3_600
    """An event stream ends after so long; its client comes again, and its token is looked at."""
    heartbeat_seconds: float = 15
    poll_seconds: float = 0.5
    """How often the one poller asks for news, for all streams together."""
    fresh_seconds: float = 1
    """How old places in a queue, expected waits and metrics may be."""


@dataclass(frozen=True)
class Adapters:
    """The doors to the outside; tests put their own."""

    ledger: Ledger
    queue: JobQueue
    blobs: Blobs
    clock: Clock = utc_now
    bounds: Bounds = Bounds()

    @classmethod
    def of(cls, settings: Settings) -> "Adapters":
        """Those of the settings; nothing is reached yet."""
        return cls(
            ledger=services.ledger(settings),
            queue=services.queue(settings),
            blobs=services.blobs(settings),
            bounds=Bounds(
                upload_bytes=settings.upload_bytes,
                requests_per_minute=settings.requests_per_minute,
                uploads_per_minute=settings.uploads_per_minute,
            ),
        )
