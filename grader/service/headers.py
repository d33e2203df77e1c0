"""What every answer says to a browser, and what no request may hold."""

from starlette.datastructures import MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader.service.browsers import HEADERS
from grader.service.problems import ProblemError, answer

_SECRETS = ("access_token", "api_key", "apikey", "auth", "authorization", "bearer", "key", "token")


class SecurityHeaders:
    """Sets `HEADERS` where the endpoint did not, and refuses tokens in addresses.

    An address stands in the logs of every proxy on its way, so a token there is a token lost.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        asked = QueryParams(scope.get("query_string", b""))
        if any(name.lower() in _SECRETS for name in asked):
            await answer(_in_address())(scope, receive, sending)
            return
        await self._app(scope, receive, sending)


def _in_address() -> ProblemError:
    return ProblemError(
        400,
        "token_in_address",
        "A token does not belong into an address",
        "send it as the header `Authorization: Bearer ...`, and revoke this one: it stands in logs",
    )
