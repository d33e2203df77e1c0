"""A container that was created, started with its output in our pipes."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox.container.engine import Engine
from grader.sandbox.linux.pump import Streams


@contextmanager
def attached(engine: Engine, name: str, folder: Path) -> Iterator[Streams]:
    """The container runs; its client is ended with the context, the container is not.

    Args:
        engine: whose container.
        name: the container's.
        folder: working directory of the client, where podman's conmon leaves a file.

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
    try:
        yield Streams(process.stdout.fileno(), process.stderr.fileno(), None, ended)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()
        os.close(ended)
