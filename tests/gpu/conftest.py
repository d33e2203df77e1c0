"""Real GPUs: these tests run where there is one (`make test-gpu`), and are skipped elsewhere."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conformance.sandbox_jobs import BACKENDS, Runner
from filelock import FileLock

from grader.sandbox.gpu.device import Gpu
from grader.sandbox.gpu.health import Health, self_test
from grader.sandbox.gpu.leases import Gpus
from grader.sandbox.gpu.leasing import Leasing
from grader.sandbox.gpu.nvml import Nvml


@pytest.fixture(autouse=True)
def _one_test_at_a_time() -> Iterator[None]:
    """Tests have lock folders of their own, so they would use the device at once under xdist."""
    with FileLock(Path(tempfile.gettempdir()) / f"grader-tests-gpu-{os.getuid()}.lock"):
        yield


@pytest.fixture(scope="session")
def gpu() -> Gpu:
    """The first one."""
    found = Nvml().gpus()
    if not found:
        pytest.skip("this machine has no NVIDIA GPU")
    return found[0]


@dataclass(frozen=True)
class Place:
    """A backend with GPUs to lease."""

    box: Leasing
    run: Runner


@pytest.fixture(params=["bubblewrap", "docker", "podman"])
def backend(
    request: pytest.FixtureRequest, gpu: Gpu, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """Each backend, where there is a GPU."""
    return str(request.param)


@pytest.fixture
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of locks that every user may enter."""
    folder = tmp_path_factory.mktemp("runtime")
    folder.chmod(0o755)
    return folder


def place(backend: str, runtime: Path, folder: Path, shares: int = 1) -> Place:
    """A backend whose runs get a GPU."""
    gpus = Gpus(runtime / "gpus", Nvml(), Health(runtime / "gpus", self_test), shares)
    box = Leasing(BACKENDS[backend](runtime), gpus)
    return Place(box, Runner(box, folder))
