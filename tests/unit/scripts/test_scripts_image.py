"""The notebooks' image holds what the project asks for, and users for every slot."""

import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from grader.sandbox.container.image import PYTHON
from grader.sandbox.linux.slots import COUNT, FIRST_UID

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

import lock_image  # noqa: E402 - a script, found by the line above

GUEST = lock_image.names((ROOT / "image" / "guest.txt").read_text())
LOCKED = dict(
    line.split("==") for line in lock_image.names((ROOT / "image" / "guest.lock").read_text())
)


def test_the_lock_is_made_of_what_is_installed_with_all_that_it_needs() -> None:
    made = lock_image.lock(["nbclient"]).splitlines()
    assert f"nbclient=={version('nbclient')}" in made
    assert f"traitlets=={version('traitlets')}" in made
    assert not [line for line in made if line.startswith("torch")]


@pytest.mark.parametrize("name", GUEST)
def test_the_image_holds_versions_that_the_project_asks_for(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (asked,) = (r for r in map(Requirement, project["dependencies"]) if r.name == name)
    assert asked.specifier.contains(LOCKED[name])


def test_neither_the_grader_nor_what_it_alone_needs_is_in_the_image() -> None:
    assert not {"notebook-grader", "pydantic", "typer", "rich"} & set(LOCKED)


def test_the_dockerfile_has_the_interpreter_and_a_user_for_every_slot() -> None:
    text = (ROOT / "image" / "Dockerfile").read_text()
    assert f"COPY --from=environment {PYTHON.parent.parent} " in text
    assert f"ARG FIRST_USER={FIRST_UID}\nARG USERS={COUNT}\n" in text


API = lock_image.names((ROOT / "image" / "api.txt").read_text())
SERVICE = dict(
    line.split("==") for line in lock_image.names((ROOT / "image" / "service.lock").read_text())
)


def test_the_lock_of_the_service_holds_all_that_the_project_asks_for() -> None:
    for asked in map(Requirement, lock_image.project()):
        assert asked.specifier.contains(SERVICE[canonicalize_name(asked.name)])


def test_the_slim_image_asks_for_nothing_that_the_project_does_not() -> None:
    names = {Requirement(asked).name for asked in lock_image.project()}
    assert {Requirement(asked).name for asked in API} <= names


def test_nothing_that_runs_notebooks_is_in_the_slim_image() -> None:
    assert not {"torch", "torchvision", "scipy", "matplotlib", "nbclient", "ipykernel"} & set(
        lock_image.closure(API)
    )
