import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "conformance"))

from decoys import Host, host
from sandbox_jobs import BACKENDS, make_job, missing, run, sandbox

from grader.sandbox.interface import Sandbox
from grader.sandbox.linux.cgroups_here import find

__all__ = ["run", "sandbox"]


@pytest.fixture(scope="session")
def planted() -> Iterator[Host]:
    """What lies on the host to be taken."""
    with host() as planted:
        yield planted


@pytest.fixture(scope="session")
def settled(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A backend that has run something: what it keeps open from then on is no leak."""
    sandbox.run(make_job(tmp_path_factory.mktemp("first") / "job", ""), lambda _: None)
    return sandbox


@pytest.fixture(scope="session")
def counted() -> None:
    """Only where a control group holds memory and processes: without one the facts warn."""
    groups = find()
    if groups is None or not {"memory", "pids"} <= groups.held:
        missing("a writable control group for memory and pids")


@pytest.fixture(scope="session")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """Docker's backend as it is, whose engine a weakened one uses."""
    return BACKENDS["docker"](tmp_path_factory.mktemp("runtime"))
