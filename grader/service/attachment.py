"""A file as an answer: in pieces, few at once, so that who does not read costs little memory."""

from collections.abc import AsyncIterator, Callable
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from grader.service.caller import require_room
from grader.service.rates import AtOnce

PIECE = 65_536
"""Bytes that lie ready for a client; the next come once it has read."""


class Attachment(Response):
    """A file to be kept, not shown; its name in ASCII, and whole for those that read RFC 5987."""

    def __init__(
        self, read: Callable[[], bytes], name: str, media: str, places: AtOnce, client: str
    ) -> None:
        """Read nothing yet.

        Args:
            read: its bytes; called in a thread, once there is a place.
            name: of the file.
            media: its type.
            places: one is taken for as long as the file lies in memory.
            client: who takes it.
        """
        super().__init__(media_type=media)
        plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_. ") else "_" for c in name)
        self.headers["Content-Disposition"] = (
            f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
        )
        self._read, self._places, self._client = read, places, client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it. Raises, before anything is sent, ProblemError: 429; or StoreError."""
        with self._places.one_more(self._client) as room:
            require_room("downloads", room=room)
            data = await run_in_threadpool(self._read)
            self.headers["Content-Length"] = str(len(data))
            answer = StreamingResponse(_pieces(data), headers=dict(self.headers))
            await answer(scope, receive, send)


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), PIECE):
        yield data[start : start + PIECE]
