"""The private Redis of `grader serve`: a real one."""

import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from grader.embedded import redis as private
from grader.embedded.program import Child, Program
from grader.errors import ServeError


@pytest.fixture
def program(redis_server: Path, tmp_path: Path) -> Program:
    return private.program(
        redis_server, tmp_path / "run" / "redis.sock", tmp_path / "redis", tmp_path / "redis.log"
    )


@contextmanager
def running(program: Program) -> Iterator[Child]:
    child = Child(program)
    try:
        until_ready(program)
        yield child
    finally:
        child.kill()


def until_ready(program: Program, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not program.ready():
        assert time.monotonic() < deadline, program.log.read_text()
        time.sleep(0.02)


def client(tmp_path: Path) -> Redis:
    return Redis(unix_socket_path=str(tmp_path / "run" / "redis.sock"))


def test_it_is_reached_by_its_socket_alone_which_is_ours_alone(
    program: Program, tmp_path: Path
) -> None:
    with running(program), client(tmp_path) as redis:
        assert redis.config_get("port") == {"port": "0"}
        assert redis.info("server")["config_file"] == ""
        assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "run" / "redis.sock").stat().st_mode) == 0o600


def test_messages_outlive_it_when_it_is_asked_to_end(program: Program, tmp_path: Path) -> None:
    with running(program) as child, client(tmp_path) as redis:
        redis.lpush("fast", "look")
        child.ask()
        child._process.wait(10)
    with running(program), client(tmp_path) as redis:
        assert redis.lrange("fast", 0, -1) == [b"look"]


def test_it_starts_over_a_socket_that_a_killed_one_left(program: Program, tmp_path: Path) -> None:
    with running(program):
        pass
    assert (tmp_path / "run" / "redis.sock").exists()
    assert not program.ready()
    with running(program):
        assert program.ready()


def test_a_broken_file_of_messages_is_put_aside(program: Program, tmp_path: Path) -> None:
    with running(program) as child, client(tmp_path) as redis:
        redis.lpush("fast", "look")
        child.ask()
        child._process.wait(10)
    for file in (tmp_path / "redis").rglob("*.aof*"):
        file.write_bytes(b"this is no append-only file\r\n" * 10)
    refused = Child(program)
    assert refused._process.wait(10) != 0
    program.mend()
    with running(program), client(tmp_path) as redis:
        assert redis.keys() == []
    assert any((tmp_path / "redis.broken").iterdir())


def test_without_a_redis_server_it_is_said_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ServeError, match="apt-get install redis-server"):
        private.binary(path=str(tmp_path), scripts=tmp_path)


def test_the_one_that_a_package_brings_is_found_beside_python(tmp_path: Path) -> None:
    brought = tmp_path / "redis-server"
    shutil.copy("/bin/true", brought)
    assert private.binary(path="/nowhere", scripts=tmp_path) == brought


def test_a_path_that_no_socket_can_have_is_named(redis_server: Path, tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / "redis.sock"
    with pytest.raises(ServeError, match=r"expected at most 107 .* GRADER_RUNTIME_DIR"):
        private.program(redis_server, deep, tmp_path / "redis", tmp_path / "log")


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(theirs, 60_706, 60_706)
    with pytest.raises(ServeError, match="found something of user 60706"):
        private.private_folder(theirs)


def test_a_link_is_no_private_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(ServeError, match="expected a folder of ours"):
        private.private_folder(tmp_path / "link")
