"""A line for each request: endpoint, status, how long; never a query, a token or a body."""

from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader.service.meters import Meters

_QUIET = ("/healthz", "/readyz", "/metrics")
_log = structlog.get_logger("grader.access")


class AccessLog:
    """Logs and counts every answer."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self._note(scope, status, perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        """The endpoint by its pattern, so that made-up paths make no new series."""
        endpoint = getattr(scope.get("route"), "path", "none")
        self._meters.requests.labels(endpoint, str(status)).inc()
        if endpoint in _QUIET and status < 400:
            return
        _log.info(
            "request",
            method=scope["method"],
            endpoint=endpoint,
            submission=scope.get("path_params", {}).get("submission_id"),
            status=status,
            ms=round(1000 * seconds, 1),
            caller=scope.get("state", {}).get("token_id"),
        )
