"""The warm parent: imports what notebooks import, then forks a process for each run.

    python -s -B grader/sandbox/warm/parent CHANNEL

started with an empty environment. CHANNEL is the descriptor of a socket to the grading process. The
first message says what to import; each further one brings a run's pipes. The plan of a run is read
by the fork alone, so nothing of one run is in the memory that another one gets a copy of.
"""

import json
import os
import select
import socket
import sys

import warm_guest
import warm_libraries
import warm_run

_FIRST_MESSAGE = 64 * 1024
_PIPES = 4


class Parent:
    """Serves the channel until the grading process closes it or dies."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._poll = select.poll()
        self._children: dict[int, int] = {}
        """Descriptor of a process -> its id."""
        self._grader = os.pidfd_open(os.getppid())
        for descriptor in (channel.fileno(), self._grader):
            self._poll.register(descriptor, select.POLLIN)

    def serve(self) -> warm_run.Pipes:
        """Fork whenever asked, and exit when there is nobody to ask; returns in a fork alone."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor == self._grader:
                    os._exit(0)
                if descriptor != self._channel.fileno():
                    self._reap(descriptor)
                elif pipes := self._answer():
                    return pipes

    def _answer(self) -> warm_run.Pipes | None:
        """Fork a run and answer with its descriptor; in the fork, return its pipes."""
        message, descriptors, _, _ = socket.recv_fds(self._channel, 16, _PIPES)
        if not message:
            os._exit(0)
        try:
            if self._fork(descriptors):
                return warm_run.Pipes(*descriptors)
        except OSError as error:
            self._channel.send(f"{error}".encode())
        for descriptor in descriptors:
            os.close(descriptor)
        return None

    def _fork(self, descriptors: list[int]) -> bool:
        """Whether this is the fork."""
        threads = len(os.listdir("/proc/self/task"))
        if threads != 1 or len(descriptors) != _PIPES:
            raise OSError(f"{threads} threads, {len(descriptors)} pipes; expected 1 and {_PIPES}")
        child = os.fork()
        if child == 0:
            self._leave()
            return True
        ended = os.pidfd_open(child)
        self._children[ended] = child
        self._poll.register(ended, select.POLLIN)
        socket.send_fds(self._channel, [b"forked"], [ended])
        return False

    def _leave(self) -> None:
        """In the fork: close what is the parent's."""
        for descriptor in (self._channel.detach(), self._grader, *self._children):
            os.close(descriptor)

    def _reap(self, ended: int) -> None:
        self._poll.unregister(ended)
        os.waitpid(self._children.pop(ended), 0)
        os.close(ended)


def main(channel: socket.socket) -> None:
    """Import, say so, serve; a fork goes on as a run's keeper, and a fork of that as its guest."""
    warm_libraries.load(**json.loads(channel.recv(_FIRST_MESSAGE)))
    channel.send(b"ready")
    parent = os.getpid()
    pipes = Parent(channel).serve()
    del channel
    warm_guest.run(warm_run.keep(pipes, parent))


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
