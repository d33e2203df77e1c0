"""What every test may ask for: nothing here pretends to be our own code."""

import os
import shutil
from pathlib import Path

import pytest

from grader.settings import Settings


def missing(what: str) -> None:
    """A missing tool is a skip on a laptop and a failure in CI."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing; `make setup` installs it")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def needs_bubblewrap() -> None:
    if shutil.which("bwrap") is None:
        missing("bubblewrap")


@pytest.fixture(scope="session")
def mnist() -> Path:
    """The folder of the data sets, with MNIST in it."""
    root = Settings().data_dir
    if not (root / "MNIST" / "raw" / "t10k-images-idx3-ubyte").is_file():
        missing("MNIST (`grader data fetch mnist`)")
    return root
