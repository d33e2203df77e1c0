"""Asks the probes: sends the request, forwards the answers as they come, ends what hangs."""

import time
from collections.abc import Mapping

from guest_frames import Frames
from guest_kernel import Kernel
from guest_mailbox import Mailbox
from nbclient.exceptions import DeadKernelError
from shared_text import encode

_INTERRUPTS = 2
_PATIENCE = 3.0
"""Seconds that an interrupted probe may take to give way; in the end the kernel dies."""


class Asker:
    """Asks our code in the kernel and forwards what it answers."""

    def __init__(
        self, kernel: Kernel, mailbox: Mailbox, frames: Frames, probe_seconds: float
    ) -> None:
        self._kernel = kernel
        self._mailbox = mailbox
        self._frames = frames
        self._probe_seconds = probe_seconds

    async def ask(self, request: Mapping[str, object], until: float) -> None:
        """Ask, and forward every answer; each probe has `probe_seconds`, all end at `until`.

        Raises:
            DeadKernelError: a probe killed the kernel, or hung and could not be interrupted.
        """
        limit = min(time.monotonic() + self._probe_seconds, until)
        interrupts = 0
        try:
            async for _ in self._kernel.ask(request):
                if self._forward():
                    limit = min(time.monotonic() + self._probe_seconds, until)
                    interrupts = 0
                if time.monotonic() < limit:
                    continue
                if interrupts == _INTERRUPTS:
                    self._kernel.kill()  # which ends the asking
                else:
                    await self._kernel.interrupt()
                interrupts += 1
                limit = time.monotonic() + _PATIENCE
        except DeadKernelError:
            self._forward()
            self._give_up(request, hung=interrupts > 0)
            raise

    def _forward(self) -> bool:
        """Whether there was anything to forward."""
        count = 0
        for count, letter in enumerate(self._mailbox.collect(), start=1):  # noqa: B007 - counted
            if self._frames.fits(len(letter.header) + len(letter.payload)):
                self._frames.forward(letter.header, letter.payload)
            else:
                self._unanswered(
                    letter.probe, letter.cell, "too_large", "the run has sent too much already"
                )
        return count > 0

    def _give_up(self, request: Mapping[str, object], *, hung: bool) -> None:
        """Answer for the probe that was being asked when the kernel died."""
        if probe := self._mailbox.current():
            reason = "timed_out" if hung else "raised"
            message = "it could not be interrupted" if hung else "it ended the kernel"
            self._unanswered(probe, int(request["cell"]), reason, message)

    def _unanswered(self, probe: str, cell: int, reason: str, message: str) -> None:
        answer = {
            "kind": "unanswered",
            "probe": probe,
            "cell": cell,
            "reason": reason,
            "message": message,
        }
        self._frames.forward(encode({"type": "answer", "answer": answer}), b"")
