"""Who watches a submission: one poller asks the database for all of them at once."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import structlog
from anyio import to_thread
from sqlalchemy import select

from grader.domain.service import FINAL
from grader.errors import LedgerError
from grader.ledger import events
from grader.ledger.events import Happened
from grader.ledger.work import Submission
from grader.logs import where
from grader.service.adapters import Adapters
from grader.service.places import Places, Standing

BACKLOG = 1_000
"""News that a slow client may leave unread; then its stream ends, and it comes again."""
LATE_SECONDS = 10.0
"""A transaction that takes longer than that to commit an event may leave it unseen by watchers."""
_log = structlog.get_logger()


@dataclass(frozen=True)
class News:
    """Something to tell a watcher.

    Attributes:
        id: of the event; None for what is not kept, such as a place in the queue.
    """

    kind: str
    data: Mapping[str, Any]
    id: int | None = None


@dataclass(eq=False)
class Watch:
    """One open stream.

    Attributes:
        news: what to tell; None: nothing more will come.
        place: what was told of its place last.
    """

    submission_id: str
    token_id: str
    news: asyncio.Queue[News | None] = field(default_factory=lambda: asyncio.Queue(BACKLOG))
    place: Standing | None = None

    def tell(self, news: News) -> None:
        """Leave it for the stream; end the stream where too much is unread."""
        try:
            self.news.put_nowait(news)
        except asyncio.QueueFull:
            self.end()

    def end(self) -> None:
        """Let nothing more come."""
        while self.news.full():
            self.news.get_nowait()
        self.news.put_nowait(None)


@dataclass(frozen=True)
class _Look:
    """What one look at the database found, of the submissions that are watched."""

    states: Mapping[str, str]
    places: Mapping[str, Standing]
    events: Sequence[Happened]


class Watchers:
    """All open streams of this process; used from its event loop alone."""

    def __init__(self, adapters: Adapters, places: Places) -> None:
        self._adapters = adapters
        self._places = places
        self._watches: dict[str, list[Watch]] = {}
        self._tokens: Counter[str] = Counter()
        self._told: OrderedDict[int, float] = OrderedDict()
        self._low = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look, in this event loop."""
        self._task = asyncio.create_task(self._run(), name="watchers")

    async def close(self) -> None:
        """End all streams and the poller."""
        self.end_all()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def end_all(self) -> None:
        """End all streams; their clients come again, to whoever answers then."""
        for watch in [watch for watches in self._watches.values() for watch in watches]:
            watch.end()

    def join(self, submission_id: str, token_id: str) -> Watch:
        """Watch a submission from now on; what happened before is the caller's to read."""
        watch = Watch(submission_id, token_id)
        self._tokens[token_id] += 1
        self._watches.setdefault(submission_id, []).append(watch)
        return watch

    def leave(self, watch: Watch) -> None:
        """Its stream has ended; called once for each."""
        self._look_no_more(watch)
        self._tokens -= Counter([watch.token_id])  # keeps what is above zero

    def _look_no_more(self, watch: Watch) -> None:
        """Nothing more will happen; its stream stays open until its client has read all."""
        left = self._watches.get(watch.submission_id, [])
        if watch in left:
            left.remove(watch)
        if not left:
            self._watches.pop(watch.submission_id, None)

    @property
    def count(self) -> int:
        """How many streams are open."""
        return self._tokens.total()

    def count_of(self, token_id: str) -> int:
        """How many streams one token holds open."""
        return self._tokens[token_id]

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._adapters.bounds.poll_seconds)
            if not self._watches:
                self._low = 0
                continue
            try:
                look = await to_thread.run_sync(self._look, list(self._watches))
            except LedgerError as error:
                _log.warning("watchers_cannot_look", error=str(error))
                continue
            except Exception as error:  # noqa: BLE001 - streams outlive what we did not foresee
                _log.error("watchers_failed", error=where(error))
                continue
            self._tell(look)

    def _look(self, ids: Sequence[str]) -> _Look:
        """States first: what is final then has all its events in the table."""
        with self._adapters.ledger.read() as session:
            rows = session.scalars(select(Submission).where(Submission.id.in_(ids))).all()
            standing = {row.id: self._places.of(session, row) for row in rows}
            if not self._low:
                # What came before their first look the streams have read by themselves.
                self._low = max(1, events.newest(session) - BACKLOG)
            found = events.all_after(session, ids, self._low)
        return _Look(
            states={row.id: row.state for row in rows},
            places={identity: place for identity, place in standing.items() if place is not None},
            events=found,
        )

    def _tell(self, look: _Look) -> None:
        for event in look.events:
            if event.id not in self._told:
                self._told[event.id] = monotonic()
                self._each(event.submission_id, News(event.kind, event.data, event.id))
        self._forget()
        for identity, state in look.states.items():
            for watch in list(self._watches.get(identity, ())):
                self._standing(watch, look.places.get(identity))
                if state in FINAL:
                    watch.tell(News("end", {"state": state}))
                    watch.end()
                    self._look_no_more(watch)

    def _each(self, identity: str, news: News) -> None:
        for watch in self._watches.get(identity, ()):
            watch.tell(news)

    def _standing(self, watch: Watch, now: Standing | None) -> None:
        if now is not None and now != watch.place:
            watch.place = now
            watch.tell(News("place", place_data(now)))

    def _forget(self) -> None:
        """Look for what committed late among the newest events only."""
        while self._told and monotonic() - next(iter(self._told.values())) > LATE_SECONDS:
            identity, _ = self._told.popitem(last=False)
            self._low = max(self._low, identity)


def place_data(standing: Standing) -> dict[str, Any]:
    """A place in the queue, as it is told."""
    return {
        "place": standing.place,
        "expected_wait_seconds": standing.expected_wait_seconds,
    }
