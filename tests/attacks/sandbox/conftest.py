import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "conformance"))

from decoys import Host, host
from sandbox_jobs import BACKENDS, make_job, run, sandbox

from grader.sandbox.interface import Sandbox

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
def docker(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """Docker's backend as it is, whose engine a weakened one uses."""
    return BACKENDS["docker"](tmp_path_factory.mktemp("runtime"))
