"""Redis and PostgreSQL of one test: on unix sockets, to be killed, stopped and started again."""

import os
import shutil
import signal
import subprocess
from contextlib import closing
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from grader.embedded import redis
from service_stubs.processes import Process, until

_NOBODY = 65534
"""PostgreSQL refuses root."""


class RedisServer:
    """As `grader serve` runs it."""

    def __init__(self, folder: Path) -> None:
        """Prepare it; `folder`: its own, with a path that is short enough for a socket."""
        self._folder = folder
        self.socket = folder / "redis" / "redis.sock"
        self.url = f"redis+socket://{self.socket}"
        self._data = folder / "redis-data"
        self._process: Process | None = None

    def start(self) -> None:
        log = self._folder / "redis.log"
        program = redis.program(redis.binary(), self.socket, self._data, log)
        self._process = Process(program.command, log, os.environ)
        until("Redis answers", lambda: redis.answers(self.socket))

    def kill(self) -> None:
        """SIGKILL: what the last second brought may be lost."""
        assert self._process is not None
        self._process.kill()
        self.socket.unlink(missing_ok=True)

    def forget(self) -> None:
        """Lose its data; it must not run."""
        shutil.rmtree(self._data)

    def end(self) -> None:
        if self._process is not None:
            self._process.end()


class PostgresServer:
    """A cluster of its own, without the writes that outlive a power cut."""

    def __init__(self) -> None:
        """Make its folder, below /tmp: pytest's are too long for a socket, and root's alone."""
        self._folder = Path(mkdtemp(prefix="grader-postgres-"))
        self._user = _NOBODY if os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(self._folder, self._user, self._user)
        self.url = f"postgresql+psycopg://grader@/postgres?host={self._folder}"
        command = [_program("initdb"), "-D", self._data, "-U", "grader", "-A", "trust", "-N"]
        subprocess.run(
            [*command, "-E", "UTF8", "--locale=C"],
            check=True,
            capture_output=True,
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
            cwd="/",
        )
        self._process: Process | None = None

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def start(self) -> None:
        options = ("listen_addresses=", "fsync=off", "max_connections=60", "shared_buffers=16MB")
        words = (word for option in options for word in ("-c", option))
        command = [_program("postgres"), "-D", self._data, "-k", str(self._folder), *words]
        self._process = Process(command, self._folder / "log", os.environ, self._user)
        until("PostgreSQL answers", self._answers)

    def emptied(self) -> str:
        """Its URL, once all tables are gone."""
        with closing(self._connection()) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
            connection.commit()
        return self.url

    def stop(self) -> None:
        """As an administrator restarts it: connections are cut at once."""
        if self._process is not None:
            self._process.end(signal.SIGINT)

    def end(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def _connection(self) -> psycopg.Connection:
        return psycopg.connect(f"host={self._folder} user=grader dbname=postgres")

    def _answers(self) -> bool:
        try:
            with closing(self._connection()):
                return True
        except psycopg.OperationalError:
            return False


def postgres_is_here() -> bool:
    return _found("postgres") is not None and _found("initdb") is not None


def _program(name: str) -> str:
    found = _found(name)
    assert found is not None, f"{name} is missing"
    return found


def _found(name: str) -> str | None:
    """Debian keeps them off the PATH, in a folder for each version."""
    folders = map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(folders))
