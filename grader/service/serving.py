"""Runs the API in this process until it is asked to end."""

import resource
import socket

import uvicorn
from fastapi import FastAPI

from grader.service.app import create_app
from grader.service.connection import Connection
from grader.service.service import Service

GRACE_SECONDS = 10
"""What requests have left when the process is asked to end."""
IDLE_SECONDS = 30
"""Connections that ask nothing for so long are closed; longer than a proxy keeps its own."""


MOST_FILES = 16_384
"""Descriptors that are wanted: each connection is one, and a usual 1,024 are few for streams."""


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
    _allow_connections()
    _Server(configured(create_app(), host, port)).run()


def configured(app: FastAPI, host: str, port: int) -> uvicorn.Config:
    """How the API is served."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Connection,
        ws="none",  # there is nothing behind one
        log_config=None,
        access_log=False,  # ours writes no addresses with queries
        server_header=False,
        proxy_headers=False,  # no address of a client is used for anything
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _allow_connections() -> None:
    """Take as many descriptors as we may, without asking for what is not ours."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
