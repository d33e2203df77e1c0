"""`GET .../events`: what happens to a submission, as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from grader.domain.service import FINAL
from grader.errors import LedgerError
from grader.ledger import events
from grader.ledger.access import Identity
from grader.service.adapters import Bounds
from grader.service.caller import Caller, sight
from grader.service.problems import ProblemError
from grader.service.service import Here, Service
from grader.service.shapes import Status
from grader.service.submissions import told
from grader.service.watchers import News, Watch

router = APIRouter(tags=["submissions"])
_MAX_ID = 2**63 - 1
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # proxies pass each event on
_EVENTS = {
    200: {
        "description": "`status` first, then events as they come, `end` last",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'event: place\ndata: {"place": 3, "expected_wait_seconds": 310.0}\n\n'
                'id: 17\nevent: cell\ndata: {"index": 4, "status": "running"}\n\n'
                'event: end\ndata: {"state": "graded"}\n\n',
            }
        },
    }
}


@dataclass(frozen=True)
class _Past:
    """How a submission stood when its stream was opened, and what had happened until then."""

    status: Status
    happened: Sequence[events.Happened]


@router.get(
    "/api/submissions/{submission_id}/events",
    response_class=StreamingResponse,
    responses=_EVENTS,  # type: ignore[arg-type] # FastAPI's type allows no str beside int as key
)
async def watch(
    submission_id: str,
    caller: Caller,
    here: Here,
    last_event_id: Annotated[str, Header(max_length=40)] = "",
) -> StreamingResponse:
    """Watch it: its place in the queue while it waits, cells, epochs, problems as they come.

    Taken up behind `Last-Event-ID`. Ends after a final state; any other end means: come again.
    """
    last = min(int(last_event_id), _MAX_ID) if last_event_id.isdecimal() else 0
    _require_room(here, caller)
    await run_in_threadpool(_past, here, caller, submission_id, last)
    stream = _stream(here, caller, submission_id, last)
    return StreamingResponse(stream, media_type="text/event-stream", headers=_HEADERS)


def _require_room(here: Service, caller: Identity) -> None:
    if not _has_room(here, caller):
        most = here.adapters.bounds.streams
        raise ProblemError(
            429,
            "too_many_streams",
            "Too many streams are open",
            f"a token may hold {most}; ask `GET /api/submissions/{{id}}` instead",
            {"Retry-After": "10"},
        )


def _has_room(here: Service, caller: Identity) -> bool:
    watchers, bounds = here.watchers, here.adapters.bounds
    return (
        watchers.count < bounds.all_streams and watchers.count_of(caller.token_id) < bounds.streams
    )


def _past(here: Service, caller: Identity, submission_id: str, last: int) -> _Past:
    with here.adapters.ledger.read() as session:
        status = told(here, session, sight(session, caller, submission_id))
        return _Past(status, events.all_after(session, [submission_id], last))


async def _stream(
    here: Service, caller: Identity, submission_id: str, last: int
) -> AsyncIterator[str]:
    """The events as text.

    Watched from before its past is read, so that nothing is lost between; and from the first step
    of this generator on, as only then its end is certain. Of many that were asked for at once all
    may have been promised the last place: whoever finds it taken ends, and is refused next time.
    """
    if not _has_room(here, caller):
        return
    joined = here.watchers.join(submission_id, caller.token_id)
    try:
        past = await run_in_threadpool(_past, here, caller, submission_id, last)
        yield _written(News("status", past.status.model_dump(mode="json")))
        for event in past.happened:
            yield _written(News(event.kind, event.data, event.id))
        if past.status.state in FINAL:
            yield _written(News("end", {"state": past.status.state}))
            return
        known = {event.id for event in past.happened}
        async for news in _live(joined, here.adapters.bounds):
            if news is None:
                yield ": still here\n\n"
            elif news.id is None or (news.id > last and news.id not in known):
                yield _written(news)
    except (LedgerError, ProblemError):
        return  # the client comes again, and is told then
    finally:
        here.watchers.leave(joined)


async def _live(joined: Watch, bounds: Bounds) -> AsyncIterator[News | None]:
    """News as they come; None where a heartbeat is due. Ends with the watch, or after long."""
    end = monotonic() + bounds.stream_seconds
    while monotonic() < end:
        try:
            news = await asyncio.wait_for(joined.news.get(), bounds.heartbeat_seconds)
        except TimeoutError:
            yield None
            continue
        if news is None:
            return
        yield news


def _written(news: News) -> str:
    """An event as the stream has it; JSON in ASCII holds no line end that could forge another."""
    identity = "" if news.id is None else f"id: {news.id}\n"
    return f"{identity}event: {news.kind}\ndata: {json.dumps(news.data)}\n\n"
