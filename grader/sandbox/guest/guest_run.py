"""Runs the cells in order under their limits, with our questions in between."""

import time
from collections.abc import Mapping, Sequence

from guest_ask import Asker
from guest_frames import Frames
from guest_kernel import Kernel, Went
from guest_output import CellOutput
from nbclient.exceptions import DeadKernelError
from shared_text import long, short

_PROGRESS_SECONDS = 0.5
_GRACE_SHARE = 0.8
"""Of `grace_seconds` for probes; the rest is for the interrupt before them and the end after."""


class Stop(Exception):  # noqa: N818 - it is how a run ends, no error
    """The run ends before its last cell."""

    def __init__(self, reason: str, message: str, *, alive: bool) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.alive = alive


class Run:
    """One run of one notebook on a kernel that is up."""

    def __init__(
        self, limits: Mapping[str, float], kernel: Kernel, frames: Frames, asker: Asker
    ) -> None:
        self._limits = limits
        self._kernel = kernel
        self._frames = frames
        self._asker = asker
        self._room = int(limits["output_bytes"])
        self._output = CellOutput(0)
        self._cell = -1
        self._said = 0.0
        self._deadline = 0.0
        kernel.on_text(self._hear)

    async def cells(self, cells: Sequence[Mapping[str, object]]) -> None:
        """Run every cell, ask after each and at the end; the stream's last record says how."""
        self._deadline = time.monotonic() + self._limits["wall_seconds"]
        done = 0
        try:
            try:
                for cell in cells:
                    done += 1
                    await self._one(int(cell["index"]), str(cell["source"]))
            except Stop as stop:
                self._skip(cells[done:])
                if stop.alive:
                    await self._ask("end")
                raise
            await self._ask("end")
        except Stop as stop:
            self._end(stop.reason, self._cell, stop.message)
        else:
            self._end("finished", None, "")

    async def _one(self, index: int, source: str) -> None:
        """Run one cell and ask about it.

        Raises:
            Stop: no other cell may run.
        """
        self._cell = index
        cap = min(int(self._limits["cell_output_bytes"]), max(self._room, 0))
        self._output = CellOutput(cap)
        self._frames.send({"type": "cell_started", "index": index})
        started = time.monotonic()
        left = max(self._deadline - started, 0.0)
        went = await self._kernel.run(source, min(self._limits["cell_seconds"], left))
        self._finish(index, went, time.monotonic() - started)
        self._check_wall(alive=went is not Went.DEAD)
        if went is Went.DEAD:
            raise Stop("kernel_died", "the kernel died in this cell", alive=False)
        await self._ask("after")
        self._check_wall(alive=True)

    def _check_wall(self, *, alive: bool) -> None:
        if time.monotonic() >= self._deadline:
            message = "" if alive else "the cell could not be interrupted"
            raise Stop("wall_time", message, alive=alive)

    async def _ask(self, what: str) -> None:
        until = max(self._deadline, time.monotonic())
        if what == "end":
            until = self._deadline
        until += _GRACE_SHARE * self._limits["grace_seconds"]
        try:
            await self._asker.ask({"ask": what, "cell": self._cell}, until)
        except DeadKernelError as error:
            message = f"while it was examined after this cell: {error}"
            raise Stop("kernel_died", message, alive=False) from error

    def _hear(self, text: str) -> None:
        self._output.add(text)
        now = time.monotonic()
        if now - self._said >= _PROGRESS_SECONDS and (line := self._output.last_line()):
            self._said = now
            self._frames.send({"type": "progress", "index": self._cell, "text": line})

    def _finish(self, index: int, went: Went, seconds: float) -> None:
        self._room -= self._output.size
        reply = self._kernel.reply
        error = _error(reply) if reply.get("status") == "error" else None
        status = {Went.LATE: "timed_out", Went.DEAD: "killed"}.get(went, "error" if error else "ok")
        cell = {
            "index": index,
            "status": status,
            "seconds": round(seconds, 3),
            "error": error,
            "output": self._output.text(),
            "truncated": self._output.truncated,
        }
        self._frames.send({"type": "cell_finished", "cell": cell})

    def _skip(self, cells: Sequence[Mapping[str, object]]) -> None:
        for cell in cells:
            record = {"index": cell["index"], "status": "not_run"}
            self._frames.send({"type": "cell_finished", "cell": record})

    def _end(self, reason: str, cell: int | None, message: str) -> None:
        self._frames.send(
            {"type": "end", "reason": reason, "cell": cell, "message": short(message)}
        )


def _error(reply: Mapping[str, object]) -> Mapping[str, str]:
    trace = reply.get("traceback") or []
    lines = [str(line) for line in trace] if isinstance(trace, list) else []
    return {
        "name": short(str(reply.get("ename", ""))),
        "message": long(str(reply.get("evalue", ""))),
        "traceback": long("\n".join(lines)),
    }
