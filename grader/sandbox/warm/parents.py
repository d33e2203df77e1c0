"""The grading process's end of warm parents: starts one, asks it to fork, lets it go in time."""

import json
import os
import socket
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from grader.errors import SandboxError
from grader.sandbox.linux.layout import Interpreter

PROGRAM = Path(__file__).parent / "parent"
MODULES = (
    *("numpy", "torch", "torchvision", "torchvision.datasets", "torchvision.transforms"),
    *("scipy", "scipy.signal", "scipy.ndimage", "scipy.stats", "PIL.Image", "safetensors.numpy"),
    *("matplotlib", "matplotlib.pyplot", "ipykernel.kernelapp", "ipykernel.ipkernel"),
    *("ipykernel.debugger", "IPython.core.completerlib", "IPython.extensions.storemagic"),
    *("sqlite3", "tornado.platform.asyncio", "tornado.queues", "faulthandler"),
    *("nbclient", "nbformat", "jupyter_client.provisioning.local_provisioner"),
)
"""What notebooks and our guest import; what is not installed is left out."""
FORKS = 64
"""Runs until a parent is replaced: what its children share (addresses, hash seed) is known to all
of them, and no student should see the one of an hour ago."""
_IMPORT_SECONDS, _FORK_SECONDS = 180.0, 30.0
_KEPT = 4096
"""Bytes of a parent's standard error that are told where it dies."""


@dataclass(frozen=True)
class Start:
    """What a parent is started with.

    Attributes:
        interpreter: the Python environment.
        modules: what it imports.
        variables: set before that; none of ours is.
        program: folder of the parent's own code.
    """

    interpreter: Interpreter
    modules: tuple[str, ...]
    variables: Mapping[str, str]
    program: Path = PROGRAM


class Parent:
    """A warm parent; starting one takes seconds. Not safe to share by threads."""

    def __init__(self, start: Start) -> None:
        """Start it and wait until it has imported everything.

        Raises:
            SandboxError: it did not come up.
        """
        self.forks = self.runs = 0
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the parent
        self._channel, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with other:
                self._process = self._started(start, other.fileno())
        except OSError as error:
            self._channel.close()
            self._said.close()
            raise SandboxError("warm_parent", f"the warm parent did not start: {error}") from error
        # Also where nobody closes it: when it is forgotten, or at exit.
        self.close = weakref.finalize(self, _end, self._process, self._channel, self._said)
        wanted = {"modules": start.modules, "variables": dict(start.variables)}
        try:
            self._asked(json.dumps(wanted).encode(), (), _IMPORT_SECONDS, b"ready")
        except BaseException:
            self.close()
            raise

    def _started(self, start: Start, channel: int) -> subprocess.Popen[bytes]:
        # Not -I: forked kernels would carry its mark, by which IPython leaves out their folder.
        return subprocess.Popen(  # noqa: S603 - our own program
            [str(start.interpreter.python), "-s", "-B", str(start.program), str(channel)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            cwd="/",
            env={},
            pass_fds=(channel,),
            start_new_session=True,
        )

    @property
    def ended(self) -> bool:
        """It has died, for whatever reason."""
        return self._process.poll() is not None

    def fork(self, pipes: tuple[int, ...]) -> int:
        """Fork a run that gets these descriptors; returns its process's, which the caller owns.

        Raises:
            SandboxError: the parent is gone, or cannot fork.
        """
        self.forks += 1
        [ended] = self._asked(b"fork", pipes, _FORK_SECONDS, b"forked")
        self.runs += 1
        return ended

    def _asked(
        self, message: bytes, pipes: tuple[int, ...], seconds: float, wanted: bytes
    ) -> list[int]:
        """Descriptors that came with the wanted answer."""
        self._channel.settimeout(seconds)
        try:
            socket.send_fds(self._channel, [message], list(pipes))
            answer, descriptors, _, _ = socket.recv_fds(self._channel, 4096, 1)
        except OSError as error:
            raise SandboxError(
                "warm_parent", f"the warm parent: {error}; {self._last()}"
            ) from error
        if answer == wanted:
            return descriptors
        for descriptor in descriptors:
            os.close(descriptor)
        found = answer.decode(errors="replace") or f"it has ended; {self._last()}"
        raise SandboxError("warm_parent", f"the warm parent: {found}")

    def _last(self) -> str:
        size = os.fstat(self._said.fileno()).st_size
        tail = os.pread(self._said.fileno(), _KEPT, max(0, size - _KEPT))
        return f"it said {tail.decode(errors='replace').strip()!r}"


def _end(process: subprocess.Popen[bytes], channel: socket.socket, said: IO[bytes]) -> None:
    """End a parent; what it forked dies with it."""
    channel.close()
    process.kill()
    process.wait()
    said.close()


class Parents:
    """Hands out forks of a warm parent, replaced in time. Safe to share by threads."""

    def __init__(self, start: Start, forks: int = FORKS) -> None:
        self._start, self._forks = start, forks
        self._turn = threading.Lock()
        self._current: Parent | None = None

    def fork(self, pipes: tuple[int, ...]) -> tuple[Parent, int]:
        """A run's parent, to be given to `leave` when it has ended, and its process's descriptor.

        Raises:
            SandboxError: no parent could be started, or it could not fork.
        """
        with self._turn:
            parent = self._ready()
            try:
                ended = parent.fork(pipes)
            except SandboxError:
                self._retire(parent)
                raise
            return parent, ended

    def warm_up(self) -> None:
        """Start a parent, unless there is one; takes seconds. Raises SandboxError as `fork`."""
        with self._turn:
            self._ready()

    def _ready(self) -> Parent:
        parent = self._current
        if parent is not None and (parent.ended or parent.forks >= self._forks):
            self._retire(parent)
        if self._current is None:
            self._current = Parent(self._start)
        return self._current

    def leave(self, parent: Parent) -> None:
        """A run has ended."""
        with self._turn:
            parent.runs -= 1
            if parent is not self._current:
                self._retire(parent)

    def close(self) -> None:
        """End the parent, unless runs of it are under way: then it ends with the last of them."""
        with self._turn:
            if self._current is not None:
                self._retire(self._current)

    def _retire(self, parent: Parent) -> None:
        """Fork no more from it, and end it once no run of it is left."""
        if parent is self._current:
            self._current = None
        if parent.runs == 0:
            parent.close()
