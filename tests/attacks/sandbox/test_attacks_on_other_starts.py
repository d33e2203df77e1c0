"""Containers that waited for their job, and containers of an image of their own, hold as others do.

The suites run over containers that are started with their job, with this machine's system in them.
What bounds a run's resources knows of neither, so that the attacks on the host are tried alone.
"""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import small_image
from attack import Attack
from attacks_run import check_nothing_gets_through, named
from attacks_table import HOST
from decoys import Host
from sandbox_jobs import BACKENDS, INTERPRETER, make_job

from grader.sandbox.container import ContainerSandbox
from grader.sandbox.container.engine import KINDS
from grader.sandbox.interface import Finding, Job, Receive, RunEnd
from grader.sandbox.pool import Pool


class Waited:
    """A pool of which each job gets a container that waited for it; see `Sandbox`."""

    def __init__(self, inner: ContainerSandbox, folder: Path) -> None:
        self.name, self.pool, self._folder = inner.name, Pool(inner, 1, ("wave",)), folder

    def examine(self) -> tuple[Finding, ...]:
        return self.pool.examine()

    def close(self) -> None:
        self.pool.close()

    def run(self, job: Job, receive: Receive) -> RunEnd:
        kinds = [waiting.kind for waiting in self.pool._waiting]
        if kinds != [(job.limits, job.data)]:  # what waits has the limits of the job before it
            first = make_job(self._folder / uuid.uuid4().hex, "", **job.limits.model_dump())
            self.pool.run(Job(first.folder, job.data, job.limits), lambda _: None)
        [waiting] = self.pool._waiting
        end = self.pool.run(job, receive)
        assert waiting not in self.pool._waiting
        return end


@pytest.fixture(scope="module", params=KINDS)
def container(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> ContainerSandbox:
    """Each engine's backend."""
    made = BACKENDS[request.param](tmp_path_factory.mktemp("runtime"))
    assert isinstance(made, ContainerSandbox)
    return made


@pytest.fixture(scope="module")
def waited(
    container: ContainerSandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Waited]:
    """The same, with a container that waits for each job."""
    made = Waited(container, tmp_path_factory.mktemp("first"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def imaged(
    container: ContainerSandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ContainerSandbox]:
    """The same, with an image that has a Python of its own."""
    name = f"grader-test-{uuid.uuid4().hex[:8]}"
    small_image.load(container.engine, name)
    runtime = tmp_path_factory.mktemp("runtime")
    yield ContainerSandbox(
        container.engine, INTERPRETER, runtime, image=name, groups=container._shared
    )
    container.engine.call("image", "rm", name)


@pytest.mark.parametrize("attack", named(HOST))
def test_nothing_gets_through_where_a_container_waited(
    waited: Waited, tmp_path: Path, planted: Host, attack: Attack
) -> None:
    check_nothing_gets_through(waited, tmp_path, planted, attack)


@pytest.mark.parametrize("attack", named(HOST))
def test_nothing_gets_through_where_an_image_is_its_own(
    imaged: ContainerSandbox, tmp_path: Path, planted: Host, attack: Attack
) -> None:
    check_nothing_gets_through(imaged, tmp_path, planted, attack)
