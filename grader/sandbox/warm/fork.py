"""A forked run as the grading process holds it: its pipes, its process, and how to end it."""

import json
import os
import select
import signal
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from grader.errors import SandboxError
from grader.sandbox.linux.cgroup_files import PATIENCE
from grader.sandbox.linux.pump import Streams
from grader.sandbox.linux.running import Seen, Told
from grader.sandbox.warm.fault import death, namespaces
from grader.sandbox.warm.parents import Parent, Parents


@dataclass(frozen=True)
class Forked:
    """A run's outermost process, which keeps the others."""

    parent: Parent
    streams: Streams

    def kill(self) -> None:
        """SIGKILL, from any thread; by descriptor, so that it never hits an id used anew."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.streams.ended, signal.SIGKILL)

    def end(self) -> None:
        """Kill it and wait for it. Raises SandboxError where it survives that."""
        self.kill()
        poll = select.poll()
        poll.register(self.streams.ended, select.POLLIN)
        if not poll.poll(PATIENCE * 1000):
            raise SandboxError("still_alive", "a forked run survives SIGKILL")

    def seen(self, told: Told) -> Seen:
        """See `Run`."""
        return Seen(death(told.status), told.usage, namespaces(told.status))

    def close(self) -> None:
        """Close what `streams` holds; the process must have ended."""
        for descriptor in vars(self.streams).values():
            os.close(descriptor)


def fork(parents: Parents, plan: Mapping[str, object]) -> Forked:
    """Fork a run and hand it its plan.

    Raises:
        SandboxError: no descriptors are left, or see `Parents.fork`.
    """
    with ExitStack() as ours, ExitStack() as theirs:
        try:
            pipes = [os.pipe() for _ in range(4)]
        except OSError as error:
            raise SandboxError("no_process", f"no pipes for a run: {error}") from error
        given = (pipes[0][0], *(write for _, write in pipes[1:]))
        kept = (pipes[0][1], *(read for read, _ in pipes[1:]))
        for descriptor in given:
            theirs.callback(os.close, descriptor)
        for descriptor in kept:
            ours.callback(os.close, descriptor)
        parent, ended = parents.fork(given)
        ours.pop_all()
        theirs.close()
        with suppress(BrokenPipeError), os.fdopen(kept[0], "w") as pipe:  # its status says why
            json.dump(plan, pipe)
        results, stderr, status = kept[1:]
        return Forked(parent, Streams(results, stderr, status, ended))
