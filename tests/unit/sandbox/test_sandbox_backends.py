"""Which backend is tried first."""

from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.sandbox.backends import Containers, backend, order


@pytest.mark.parametrize(
    ("containers", "names"),
    [
        (Containers(), ("bubblewrap", "docker", "podman")),
        (Containers(runtime="runc"), ("bubblewrap", "docker", "podman")),
        (Containers(runtime="/usr/bin/runsc"), ("docker", "podman", "bubblewrap")),
        (Containers(image="grader-guest"), ("docker", "podman")),
    ],
)
def test_another_kernel_is_stronger_and_only_containers_run_an_image(
    containers: Containers, names: tuple[str, ...]
) -> None:
    assert order(containers) == names


def test_an_engine_that_is_not_installed_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match=r"docker is not installed: apt-get install docker\.io"):
        backend("docker", tmp_path, Containers())
