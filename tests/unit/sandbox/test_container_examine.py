"""What the doctor says about an image: whether it holds the libraries that are here."""

import json
from importlib.metadata import version

import pytest

from grader.errors import SandboxError
from grader.sandbox.container.examine import MEASURED, same_versions
from grader.sandbox.fake import FakeSandbox


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
