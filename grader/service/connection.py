"""A client's connection: so large a head, so much time for it, and nobody who does not read.

Before a request's head is whole nobody is asked who they are, so these bounds hold for everybody.
By h11: it takes heads of 64 KB at most. httptools, which uvicorn prefers where it is installed,
gathers an endless one in a time that grows with its square, and nobody else is answered meanwhile.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 20.0
"""How long a connection may be open, or a request begun, without a whole head."""
STALL_SECONDS = 60.0
"""How long a client may leave unread what lies ready for it: much less than a full buffer."""


class _Patience:
    """So many seconds for something; then the client is cut off."""

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, protocol: H11Protocol, seconds: float) -> None:
        """From now on; where it has begun already it gets no longer."""
        if self._timer is None:
            self._timer = protocol.loop.call_later(seconds, protocol.transport.abort)

    def end(self) -> None:
        """It was done in time."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None


class Connection(H11Protocol):
    """Cuts off whoever sends no request, or does not read the answer."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """As uvicorn has it."""
        super().__init__(*arguments, **named)
        self._head, self._reading = _Patience(), _Patience()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn's own
        """The time for the first head begins."""
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """The time for a further head begins with its first byte; before, uvicorn's own holds."""
        super().data_received(data)
        self._watch_head()

    def pause_writing(self) -> None:
        """The client reads slower than we write."""
        super().pause_writing()
        self._reading.begin(self, STALL_SECONDS)

    def resume_writing(self) -> None:
        """It has read."""
        super().resume_writing()
        self._reading.end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        super().connection_lost(exc)
        self._head.end()
        self._reading.end()

    def _watch_head(self) -> None:
        """Bytes that complete no head give no more time."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._head.end()
        else:
            self._head.begin(self, HEAD_SECONDS)
