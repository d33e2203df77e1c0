# ruff: noqa: INP001 - a script, in no package
"""Writes image/guest.lock and image/service.lock: versions as they stand in .venv.

The first is of what image/guest.txt needs. The host's environment and the image must hold the
same: tolerances were measured with these. The second is of what the project needs.
"""

import tomllib
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
IMAGE = ROOT / "image"


def names(text: str) -> list[str]:
    """The packages of a requirements file that names one in each line."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def closure(wanted: list[str]) -> dict[str, str]:
    """Version by name of those packages and of all that they need here.

    Raises:
        PackageNotFoundError: one is not installed.
    """
    found: dict[str, str] = {}
    open_ones = [Requirement(name) for name in wanted]
    while open_ones:
        requirement = open_ones.pop()
        name = canonicalize_name(requirement.name)
        if name in found:
            continue
        package = distribution(name)
        found[name] = package.version
        needed = map(Requirement, package.requires or ())
        open_ones += [r for r in needed if _holds(r, requirement.extras)]
    return found


def _holds(needed: Requirement, extras: set[str]) -> bool:
    marker = needed.marker
    return marker is None or any(marker.evaluate({"extra": e}) for e in ("", *extras))


def lock(wanted: list[str]) -> str:
    """The lock file's text."""
    lines = [f"{name}=={version}" for name, version in sorted(closure(wanted).items())]
    return "\n".join(["# Made by scripts/lock_image.py from .venv.", *lines, ""])


def project() -> list[str]:
    """What the project itself asks for, with S3."""
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [*asked["dependencies"], *asked["optional-dependencies"]["s3"]]


if __name__ == "__main__":
    (IMAGE / "service.lock").write_text(lock(project()))
    (IMAGE / "guest.lock").write_text(lock(names((IMAGE / "guest.txt").read_text())))
