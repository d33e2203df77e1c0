"""A container that was created, started with its output in our pipes."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox.container.engine import SECONDS, Engine
from grader.sandbox.container.fault import Bound, State, seen
from grader.sandbox.linux.pump import Streams
from grader.sandbox.linux.running import Seen, Told


class Attached:
    """A container under way; its client's end is its own, as far as can be seen."""

    def __init__(self, engine: Engine, name: str, streams: Streams, bound: Bound) -> None:
        """Take over what was started.

        Args:
            engine: whose container.
            name: the container's.
            streams: of its client.
            bound: what bounds it.
        """
        self.streams = streams
        self._engine, self._name, self._bound = engine, name, bound
        self._calls: list[subprocess.Popen[bytes]] = []

    def kill(self) -> None:
        """Ask the engine to kill it, once; without waiting, for it waits for us to read."""
        if not self._calls:
            self._calls.append(self._engine.begin("kill", self._name))

    def end(self) -> None:
        """The same: its output must be read first, and removing it kills what is left."""
        self.kill()

    def seen(self, told: Told) -> Seen:
        """How it ended, by the engine's state of it. Raises SandboxError("engine_silent")."""
        self._wait()
        said = self._engine.call("inspect", "--format", "{{json .State}}", self._name)
        return seen(State.read(said.out) if said.ok else None, told, self._bound)

    def close(self) -> None:
        """Let go of calls that were begun."""
        for call in self._calls:
            call.kill()
            call.wait()

    def _wait(self) -> None:
        for call in self._calls:
            try:
                call.wait(SECONDS)
            except subprocess.TimeoutExpired as error:
                text = f"{self._engine.kind} kill did not answer within {SECONDS:g} s"
                raise SandboxError("engine_silent", text) from error


@contextmanager
def attached(engine: Engine, name: str, folder: Path, bound: Bound) -> Iterator[Attached]:
    """The container runs; its client is ended with the context, the container is not.

    Args:
        engine: whose container.
        name: the container's.
        folder: working directory of the client, where podman's conmon leaves a file.
        bound: what bounds it.

    Raises:
        SandboxError: the engine's program is gone.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - the path is ours
            engine.command("start", "--attach", name),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=folder,
            env=engine.environment,
            start_new_session=True,  # a terminal's Ctrl-C is for the grader, which ends runs
        )
    except OSError as error:
        raise SandboxError("no_engine", f"{engine.program}: {error}") from error
    assert process.stdout is not None
    assert process.stderr is not None
    ended = os.pidfd_open(process.pid)
    streams = Streams(process.stdout.fileno(), process.stderr.fileno(), None, ended)
    run = Attached(engine, name, streams, bound)
    try:
        yield run
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()
        os.close(ended)
        run.close()
