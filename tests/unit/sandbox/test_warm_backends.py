from pathlib import Path

import pytest

from grader.sandbox import backends
from grader.sandbox.backends import Containers, backend
from grader.sandbox.container import ContainerSandbox, installed
from grader.sandbox.pool import Pool
from grader.sandbox.warm import WarmSandbox


def test_warm_is_a_backend_by_its_name(tmp_path: Path) -> None:
    assert isinstance(backend("warm", tmp_path, Containers()), WarmSandbox)


def test_containers_wait_where_the_settings_say_so(tmp_path: Path) -> None:
    kind = next((engine.kind for engine in installed(None)), None)
    if kind is None:
        pytest.skip("no container engine is installed")
    assert isinstance(backend(kind, tmp_path, Containers(waiting=2)), Pool)
    assert isinstance(backend(kind, tmp_path, Containers()), ContainerSandbox)


def test_auto_takes_nothing_warm() -> None:
    assert "warm" not in backends.order(Containers())
