"""What lies on the host to be taken: files, servers, a process, shared memory and a key of ours.

All of it is made for the tests and goes with them. What an attack may know of it is `Host.known`;
what it must not learn is the *secret*: the mark, a colon, and sixteen digits that only the host
knows.
"""

import ctypes
import os
import platform
import secrets
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox_jobs import processes_named

from grader.sandbox.linux.syscalls import ARGUMENTS, DENIED, MISSING

_libc = ctypes.CDLL(None, use_errno=True)
_IPC_CREATE, _IPC_REMOVE = 0o1000, 0
_JOIN_SESSION, _SESSION = 1, -3


@dataclass(frozen=True)
class Host:
    """What lies there.

    Attributes:
        folder: open to every user, not below /tmp; has all files of the decoys.
        known: what an attack may know.
        secret: what it must not learn.
    """

    folder: Path
    known: dict[str, Any]
    secret: str

    def folder_for(self, name: str) -> Path:
        """A new folder that every user may enter."""
        made = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))
        made.chmod(0o755)
        (made / "runtime").mkdir(mode=0o755)
        return made


@contextmanager
def host() -> Iterator[Host]:
    """Plant everything, and take it away again."""
    mark = secrets.token_hex(8)
    secret = f"{mark}:{secrets.token_hex(8)}"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/var/tmp")))
        folder.chmod(0o755)
        known: dict[str, Any] = {"mark": mark, "folder": str(folder), "calls": _calls()}
        known["files"] = _plant(folder, secret)
        known |= stack.enter_context(_servers(folder, secret))
        known |= stack.enter_context(_process(secret))
        known |= stack.enter_context(_shared_memory(secret))
        _key(mark, secret)
        left_open = os.open(folder, os.O_RDONLY)  # from an open folder "../.." leads out
        os.set_inheritable(left_open, True)  # noqa: FBT003 - its signature
        stack.callback(os.close, left_open)
        os.environ["COURSE_SECRET"] = secret
        stack.callback(os.environ.pop, "COURSE_SECRET")
        yield Host(folder, known, secret)


def _calls() -> dict[str, int]:
    """Numbers of system calls on this machine."""
    found = {
        name: getattr(numbers, platform.machine())
        for name, numbers in {**ARGUMENTS, **MISSING, **DENIED}.items()
    }
    return {name: number for name, number in found.items() if number is not None}


def _plant(folder: Path, secret: str) -> list[str]:
    """Files that every user could read, if they were seen inside."""
    names = ["submissions/other/notebook.ipynb", "reference/solution.py", "course.env", "shadow"]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(secret)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return [str(folder / name) for name in names]


def plant_in_job(folder: Path) -> None:
    """A program of root's with the setuid bit, as a course's files would not have."""
    program = folder / "setuid-id"
    shutil.copy("/usr/bin/id", program)
    program.chmod(0o4755)


@contextmanager
def _servers(folder: Path, secret: str) -> Iterator[dict[str, Any]]:
    """Tells the secret to everybody who connects or asks, over every kind of socket."""
    abstract = f"\0grader-{secrets.token_hex(8)}"
    places: dict[str, tuple[int, int, Any]] = {
        "tcp": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        "tcp6": (socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
        "udp": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        "abstract": (socket.AF_UNIX, socket.SOCK_STREAM, abstract),
        "unix": (socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "engine.sock")),
    }
    known: dict[str, Any] = {}
    stop_read, stop_write = os.pipe()
    with selectors.DefaultSelector() as selector, ExitStack() as stack:
        for name, (family, kind, address) in places.items():
            server = stack.enter_context(socket.socket(family, kind))
            server.bind(address)
            if kind == socket.SOCK_STREAM:
                server.listen()
            selector.register(server, selectors.EVENT_READ, kind)
            known[name] = server.getsockname()[1] if family != socket.AF_UNIX else address
        (folder / "engine.sock").chmod(0o777)
        selector.register(stop_read, selectors.EVENT_READ, None)
        thread = threading.Thread(target=_serve, args=(selector, secret.encode()))
        thread.start()
        try:
            yield {"servers": known}
        finally:
            os.write(stop_write, b".")
            thread.join()
            os.close(stop_read)
            os.close(stop_write)


def _serve(selector: selectors.BaseSelector, secret: bytes) -> None:
    while True:
        for key, _ in selector.select():
            if key.data is None:
                return
            server = key.fileobj
            assert isinstance(server, socket.socket)
            if key.data == socket.SOCK_STREAM:
                with server.accept()[0] as client, suppress(OSError):  # it may be gone again
                    client.sendall(secret)
            else:
                _, asker = server.recvfrom(2048)
                server.sendto(secret, asker)


@contextmanager
def _process(secret: str) -> Iterator[dict[str, Any]]:
    """A process of ours that knows the secret by its environment and its command line."""
    word = f"decoy-{secrets.token_hex(4)}"
    code = "import sys; sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-ISBc", code, word, secret],
        stdin=subprocess.PIPE,
        env={"COURSE_SECRET": secret},
    ) as process:
        try:
            while process.pid not in processes_named(word):  # in exec, it has no arguments yet
                time.sleep(0.01)
            yield {"process": process.pid}
        finally:
            process.communicate()


@contextmanager
def _shared_memory(secret: str) -> Iterator[dict[str, Any]]:
    """A System V segment that every user may read."""
    key = secrets.randbits(31)
    segment = _libc.shmget(key, 4096, _IPC_CREATE | 0o666)
    assert segment >= 0
    _libc.shmat.restype = ctypes.c_void_p
    address = _libc.shmat(segment, None, 0)
    ctypes.memmove(address, secret.encode(), len(secret))
    _libc.shmdt(ctypes.c_void_p(address))
    try:
        yield {"segment": key}
    finally:
        _libc.shmctl(segment, _IPC_REMOVE, None)


def _key(mark: str, secret: str) -> None:
    """A key in a session keyring of this process's own, which what it starts inherits."""
    calls, content = _calls(), secret.encode()
    _libc.syscall(calls["keyctl"], _JOIN_SESSION, None)
    _libc.syscall(calls["add_key"], b"user", mark.encode(), content, len(content), _SESSION)
