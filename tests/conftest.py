"""What every test may ask for: nothing here pretends to be our own code."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import backends_summary
import gvisor_differences
import pytest
from service_stubs.servers import PostgresServer, postgres_is_here

from grader.embedded import redis
from grader.errors import ServeError
from grader.settings import Settings


def pytest_itemcollected(item: pytest.Item) -> None:
    gvisor_differences.mark(item, backends_summary.mark(item))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = backends_summary.lines(terminalreporter.stats)
    if told:
        terminalreporter.section("sandboxes")
        for line in told:
            terminalreporter.line(line)


def missing(what: str) -> NoReturn:
    """A missing tool is a skip on a laptop and a failure in CI."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing; `make setup` installs it")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def needs_bubblewrap() -> None:
    if shutil.which("bwrap") is None:
        missing("bubblewrap")


@pytest.fixture(scope="session")
def redis_server() -> Path:
    """The redis-server that `grader serve` would start."""
    try:
        return redis.binary()
    except ServeError:
        missing("redis-server")


@pytest.fixture(scope="session")
def needs_postgres() -> None:
    if not postgres_is_here():
        missing("PostgreSQL")


@pytest.fixture(scope="session")
def postgres(needs_postgres: None) -> Iterator[PostgresServer]:
    """A server of this test worker's own; see `PostgresServer.emptied`."""
    server = PostgresServer()
    server.start()
    yield server
    server.end()


@pytest.fixture(scope="session")
def mnist() -> Path:
    """The folder of the data sets, with MNIST in it."""
    root = Settings().data_dir
    if not (root / "MNIST" / "raw" / "t10k-images-idx3-ubyte").is_file():
        missing("MNIST (`grader data fetch mnist`)")
    return root
