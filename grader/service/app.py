"""The HTTP API: `create_app` builds it over adapters, or over those of the environment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from grader.service import (
    courses,
    downloads,
    health,
    overview,
    problems,
    stream,
    submissions,
    uploads,
)
from grader.service.access_log import AccessLog
from grader.service.adapters import Adapters
from grader.service.headers import SecurityHeaders
from grader.service.problems import ProblemDetails
from grader.service.service import Service
from grader.settings import Settings

_ABOUT = """Notebooks come in, reports go out.

Send `Authorization: Bearer TOKEN`; the course's staff make tokens by `grader admin token create`.
Every error is a problem document (RFC 9457) with a stable `code`. What belongs to somebody else is
answered like what does not exist: 404.
"""
_ERRORS: dict[int | str, dict[str, object]] = {
    "default": {
        "description": "A problem (RFC 9457)",
        "content": {problems.MEDIA: {"schema": ProblemDetails.model_json_schema()}},
    }
}


def create_app(adapters: Adapters | None = None) -> FastAPI:
    """The application.

    Args:
        adapters: what it stands on, which it does not close; None: those that the settings name.
    """
    own = adapters is None
    service = Service.over(adapters or Adapters.of(Settings()))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.announcer.start()
        service.watchers.start()
        yield
        await service.watchers.close()
        service.announcer.close()
        if own:
            service.adapters.queue.close()
            service.adapters.ledger.close()

    app = FastAPI(
        title="notebook-grader",
        description=_ABOUT,
        version=version("notebook-grader"),
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # to where the Host header says, and by HTTP: a token would follow
        responses=_ERRORS,
    )
    app.state.service = service
    problems.install(app)
    for part in (uploads, submissions, stream, downloads, courses, health, overview):
        app.include_router(part.router)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(AccessLog, meters=service.meters)
    return app
