"""What the doctor says about an image: whether it holds the libraries that are here."""

import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.sandbox.container.engine import KINDS, Engine
from grader.sandbox.container.examine import MEASURED, same_versions
from grader.sandbox.fake import FakeSandbox
from grader.sandbox.linux.mounts import may_mount


def heard(versions: dict[str, str | None]) -> FakeSandbox:
    """A sandbox whose guest tells these versions."""
    return FakeSandbox([json.dumps(versions).encode()])


HERE: dict[str, str | None] = {name: version(name) for name in MEASURED}


def test_the_same_libraries_are_well() -> None:
    found = same_versions(heard(HERE), "grader-guest")
    assert (found.ok, found.found) == (True, "the same as here")


def test_another_version_and_a_missing_library_are_named_and_only_warn() -> None:
    found = same_versions(heard({**HERE, "torch": "1.0", "scipy": None}), "grader-guest")
    assert not found.ok
    assert not found.required
    assert found.found == (
        f"scipy missing instead of {HERE['scipy']}, torch 1.0 instead of {HERE['torch']}"
    )


@pytest.mark.parametrize(
    "sandbox",
    [FakeSandbox([b"no json"]), FakeSandbox(ending=SandboxError("daemon_gone", "it is gone"))],
)
def test_an_image_that_does_not_answer_is_not_well(sandbox: FakeSandbox) -> None:
    assert not same_versions(sandbox, "grader-guest").ok


def test_files_are_counted_by_docker_itself_and_for_podman_by_mounts_that_it_must_see(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CONTAINER_HOST", raising=False)
    docker, podman = (Engine(kind, Path(f"/usr/bin/{kind}")) for kind in KINDS)
    assert (docker.counts_files, docker.sees_our_mounts) == (True, False)
    assert (podman.counts_files, podman.sees_our_mounts) == (False, may_mount())
    for engine in (docker, podman):
        below = replace(engine, runtime="/usr/bin/runsc")
        assert not below.counts_files
        assert not below.sees_our_mounts
    monkeypatch.setenv("CONTAINER_HOST", "ssh://elsewhere/run/podman.sock")
    assert not podman.sees_our_mounts
