"""Runs the API in this process until it is asked to end."""

import socket

import uvicorn

from grader.service.app import create_app
from grader.service.service import Service

GRACE_SECONDS = 10
"""What requests have left when the process is asked to end."""
IDLE_SECONDS = 30
"""Connections that ask nothing for so long are closed; longer than a proxy keeps its own."""


class _Server(uvicorn.Server):
    """Ends the event streams first: they would keep it from ending for as long as they live."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        service = self.config.app.state.service  # type: ignore[union-attr] # `serve` gives an app
        assert isinstance(service, Service)
        service.watchers.end_all()
        await super().shutdown(sockets)


def serve(host: str, port: int) -> None:
    """Listen; logs go where `grader.logs` sends them."""
    config = uvicorn.Config(
        create_app(),
        host=host,
        port=port,
        log_config=None,
        access_log=False,  # ours writes no addresses with queries
        server_header=False,
        proxy_headers=False,  # no address of a client is used for anything
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    _Server(config).run()
