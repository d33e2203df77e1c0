"""What all endpoints share, made once for each app."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from grader.service.adapters import Adapters
from grader.service.announcer import Announcer
from grader.service.fresh import Fresh
from grader.service.meters import Meters
from grader.service.places import Places
from grader.service.rates import AtOnce, Rate
from grader.service.ready import Readiness
from grader.service.watchers import Watchers

UPLOADS_OF_ONE, UPLOADS_OF_ALL = 4, 40
"""Under way at once: of one token, and of all together."""
REPORTS_OF_ONE, REPORTS_OF_ALL = 4, 16
"""Rendered at once: each holds a thread, of which everybody's requests share forty."""
NOTEBOOKS_OF_ONE, NOTEBOOKS_OF_ALL = 4, 24
"""Downloads at once; each holds a notebook in memory."""
EVIDENCE_OF_ONE, EVIDENCE_OF_ALL = 2, 4
"""Downloads at once of what runs left: larger, and not for students to take the places of."""


@dataclass(frozen=True)
class Service:
    """The parts of a running API.

    Attributes:
        requests: how often a token may ask at all.
        uploads: how often it may hand in.
        open_uploads: how many may be under way: each holds up to the size cap on disk.
        open_reports: how many may be rendered at once.
        open_notebooks: how many may be downloaded at once.
        open_evidence: the same of what runs left.
        readiness: of a moment ago.
        heavy: held while a large notebook is read.
        heavy_of_one: who waits for that.
        look_at_parts: held while readiness is found out.
        look_at_meters: held while the metrics are.
    """

    adapters: Adapters
    announcer: Announcer
    places: Places
    watchers: Watchers
    meters: Meters
    requests: Rate
    uploads: Rate
    open_uploads: AtOnce
    open_reports: AtOnce
    open_notebooks: AtOnce
    open_evidence: AtOnce
    readiness: Fresh[None, Readiness]
    heavy: asyncio.Semaphore
    heavy_of_one: AtOnce
    look_at_parts: asyncio.Lock
    look_at_meters: asyncio.Lock

    @classmethod
    def over(cls, adapters: Adapters) -> "Service":
        """The parts, of which none is started."""
        places = Places(adapters)
        return cls(
            adapters=adapters,
            announcer=Announcer(adapters),
            places=places,
            watchers=Watchers(adapters, places),
            meters=Meters(adapters),
            requests=Rate(adapters.bounds.requests_per_minute),
            uploads=Rate(adapters.bounds.uploads_per_minute),
            open_uploads=AtOnce(UPLOADS_OF_ONE, UPLOADS_OF_ALL),
            open_reports=AtOnce(REPORTS_OF_ONE, REPORTS_OF_ALL),
            open_notebooks=AtOnce(NOTEBOOKS_OF_ONE, NOTEBOOKS_OF_ALL),
            open_evidence=AtOnce(EVIDENCE_OF_ONE, EVIDENCE_OF_ALL),
            readiness=Fresh(adapters.bounds.fresh_seconds),
            heavy=asyncio.Semaphore(1),
            heavy_of_one=AtOnce(1, UPLOADS_OF_ALL),
            look_at_parts=asyncio.Lock(),
            look_at_meters=asyncio.Lock(),
        )


async def service_of(request: Request) -> Service:
    """The service whose endpoint runs; a coroutine, for which no thread is taken."""
    service = request.app.state.service
    assert isinstance(service, Service)
    return service


Here = Annotated[Service, Depends(service_of)]
