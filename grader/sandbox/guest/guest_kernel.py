"""The kernel, seen from outside: started by nbclient, interrupted, asked, killed.

The kernel belongs to the student. It may die, hang, ignore signals, flood its sockets or send
what no kernel sends; whatever it does ends here as one of three words.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from enum import Enum, auto
from pathlib import Path
from queue import Empty

import guest_fork
import nbformat
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete, DeadKernelError

_ARGV = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
_START_SECONDS = 120
_INTERRUPT_SECONDS = (5.0, 1.0, 1.0, 1.0)
"""How long an interrupted cell may take to end, after each signal. The first leaves it time to tidy
up; the others are for cells that lose signals, as libraries do that ignore what callbacks raise."""
_POLL = 0.1
_BOUND_POLL = 0.005
_SOCKETS = ("shell", "iopub", "stdin", "hb", "control")

Reply = Mapping[str, object]


class Went(Enum):
    """How a cell or a request went."""

    DONE = auto()
    LATE = auto()
    """Interrupted by its limit; the kernel lives."""
    DEAD = auto()
    """The kernel died, or had to be killed."""


class Listener(NotebookClient):
    """nbclient that keeps no output: text goes to `on_text`, everything else is dropped."""

    def __init__(self) -> None:
        super().__init__(
            nbformat.v4.new_notebook(), allow_errors=True, timeout=None, iopub_timeout=2
        )
        self.log.setLevel("CRITICAL")
        self.on_text: Callable[[str], None] = lambda _: None
        self.reply: Reply = {}

    def process_message(self, msg: Reply, cell: object, cell_index: int) -> None:  # noqa: ARG002 - nbclient's signature
        """See what the kernel publishes; comms, widgets and images are none of our business."""
        content = msg["content"]
        if msg["msg_type"] == "stream":
            self.on_text(content["text"])
        elif msg["msg_type"] == "status" and content["execution_state"] == "idle":
            raise CellExecutionComplete

    async def _async_poll_output_msg(
        self, parent_msg_id: str, cell: object, cell_index: int
    ) -> None:
        while True:
            try:
                msg = await self.kc.iopub_channel.get_msg(timeout=None)
                if msg["parent_header"].get("msg_id") == parent_msg_id:
                    self.process_message(msg, cell, cell_index)
            except CellExecutionComplete:
                return
            except Exception:  # noqa: S112 - a forged or mangled message is as good as none
                continue

    async def _async_poll_kernel_alive(self) -> None:
        while True:
            await asyncio.sleep(_POLL)
            if not await self.km.is_alive():
                self.task_poll_for_reply.cancel()
                return


class Kernel:
    """A running kernel; `open` starts one."""

    def __init__(self, kept: guest_fork.Kept | None = None) -> None:
        """`kept`: the process to be the kernel, where one was forked; else a new one is."""
        self._kept = kept
        self._client = Listener()
        self._client.on_cell_executed = self._remember

    def on_text(self, hear: Callable[[str], None]) -> None:
        """Who takes what the running cell prints."""
        self._client.on_text = hear

    def _remember(self, execute_reply: Mapping[str, Reply], **_: object) -> None:
        self._client.reply = execute_reply["content"]

    @property
    def reply(self) -> Reply:
        """Content of the last cell's ``execute_reply``."""
        return self._client.reply

    async def open(self, private: Path, environment: Mapping[str, str]) -> None:
        """Start the kernel in the working directory, on sockets in the private folder.

        Raises:
            RuntimeError: it did not come up.
        """
        manager = self._client.create_kernel_manager()
        manager.transport = "ipc"
        manager.ip = str(private / "ipc")
        manager.connection_file = str(private / "kernel.json")
        metadata = guest_fork.provisioner(self._kept) if self._kept else {}
        manager._kernel_spec = KernelSpec(  # noqa: SLF001 - the installed spec is slower and may be missing
            argv=_ARGV, display_name="Python", language="python", metadata=metadata
        )
        await self._client.async_start_new_kernel(
            env=dict(environment),
            cwd=str(Path.cwd()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        await self._connect()

    async def _connect(self) -> None:
        """Wait until the kernel answers and its other socket is heard.

        As nbclient does, but for its last step: a fifth of a second in which nothing more comes.
        Here what came for an earlier request is dropped whenever it comes.
        """
        client = self._client.kc = self._client.km.client()
        await self._bound()
        client.start_channels()
        client.allow_stdin = False
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            client.kernel_info()
            with contextlib.suppress(Empty):
                await client.shell_channel.get_msg(timeout=1)
                await client.iopub_channel.get_msg(timeout=0.2)
                return
            if not await self._client.km.is_alive():
                raise RuntimeError("the kernel died before it answered")
        raise RuntimeError(f"the kernel did not answer in {_START_SECONDS} seconds")

    async def _bound(self) -> None:
        """Wait until the kernel's sockets are there: who knocks before knocks again only later."""
        while not self._listens():
            if not await self._client.km.is_alive():
                raise RuntimeError("the kernel died before it listened")
            await asyncio.sleep(_BOUND_POLL)

    def _listens(self) -> bool:
        manager = self._client.km
        ports = [getattr(manager, f"{name}_port") for name in _SOCKETS]
        return all(Path(f"{manager.ip}-{port}").exists() for port in ports)

    async def load(self, path: Path, config: Mapping[str, str]) -> None:
        """Execute our code inside the kernel, silently, before any of the student's.

        Raises:
            DeadKernelError: it failed.
        """
        names = repr({"CONFIG": dict(config), "__name__": path.stem})
        code = f"exec(compile(open({str(path)!r}).read(), {str(path)!r}, 'exec'), {names})"
        async for _ in self._request(code):
            pass

    async def run(self, source: str, seconds: float) -> Went:
        """Run a cell, for so long; then interrupt it, again and again, then kill the kernel."""
        self._client.reply = {}
        cell = nbformat.v4.new_code_cell(source)
        self._client.nb.cells = [cell]
        task = asyncio.ensure_future(self._client.async_execute_cell(cell, 0))
        for number, wait in enumerate((seconds, *_INTERRUPT_SECONDS)):
            if number:
                await self.interrupt()
            done, _ = await asyncio.wait({task}, timeout=wait)
            if done:
                return _judge(task, late=number > 0)
        self.kill()
        await asyncio.wait({task}, timeout=2)
        return _judge(task, late=True) if task.done() else Went.DEAD

    async def ask(self, request: Mapping[str, object]) -> AsyncIterator[bool]:
        """Send a request to our code inside; yields whether it is answered, ten times a second.

        Raises:
            DeadKernelError: the kernel died first.
        """
        async for answered in self._request(json.dumps(request)):
            yield answered

    async def _request(self, code: str) -> AsyncIterator[bool]:
        sent = self._client.kc.execute(code, silent=True, store_history=False)
        while True:
            with contextlib.suppress(Empty, ValueError, KeyError, TypeError, RecursionError):
                reply = await self._client.kc.shell_channel.get_msg(timeout=_POLL)
                if reply["parent_header"].get("msg_id") == sent:
                    if reply["content"].get("status") != "ok":
                        raise DeadKernelError(str(reply["content"].get("evalue")))
                    yield True
                    return
            if not await self._client.km.is_alive():
                raise DeadKernelError("the kernel died")
            yield False

    async def interrupt(self) -> None:
        """Send SIGINT to the kernel and its children."""
        with contextlib.suppress(RuntimeError, OSError):
            await self._client.km.interrupt_kernel()

    def kill(self) -> None:
        """End the kernel and its process group at once."""
        provisioner = self._client.km.provisioner
        process = provisioner.process if provisioner else None
        if process is None:
            return
        for end in (os.killpg, os.kill):
            with contextlib.suppress(OSError):
                end(process.pid, signal.SIGKILL)


def _judge(task: "asyncio.Future[object]", *, late: bool) -> Went:
    error = None if task.cancelled() else task.exception()
    if task.cancelled() or error is not None:
        return Went.DEAD
    return Went.LATE if late else Went.DONE
