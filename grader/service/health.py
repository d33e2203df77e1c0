"""Whether the API lives, whether it can work, and its numbers."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool

from grader.domain.base import Frozen, example
from grader.service.ready import Readiness, readiness
from grader.service.service import Here

router = APIRouter(tags=["health"])


class Health(Frozen):
    """The process lives."""

    model_config = example(status="ok")

    status: str = "ok"


@router.get("/healthz")
async def healthz() -> Health:
    """Whether the process answers; it looks at nothing else."""
    return Health()


@router.get("/readyz", responses={503: {"model": Readiness}})
async def readyz(response: Response, here: Here) -> Readiness:
    """Whether it can take uploads: 200 or 503, and each part by name.

    A broker that is gone is told, and refuses nothing.
    """
    # Nobody needs a token for this: whoever waits for a part that hangs must not hold a thread.
    async with here.look_at_parts:
        found = await run_in_threadpool(here.readiness.get, None, lambda: readiness(here.adapters))
    if not found.ready:
        response.status_code = 503
    return found


@router.get("/metrics", response_class=Response)
async def metrics(here: Here) -> Response:
    """Numbers in Prometheus's text format; they name no person. Keep them inside by a proxy."""
    async with here.look_at_meters:
        text = await run_in_threadpool(here.meters.text)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
