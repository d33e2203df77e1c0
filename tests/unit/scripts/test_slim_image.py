"""What the slim image runs starts with the libraries that it holds, and no others."""

import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

import lock_image  # noqa: E402 - a script, found by the line above

API = lock_image.names((ROOT / "image" / "api.txt").read_text())
OURS = {"notebook-grader"}
REFUSING = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}} in the slim image", name=name)

sys.meta_path.insert(0, Absent())
"""
COMMAND = """
sys.argv = ["grader", *{words!r}]
from grader.cli import main
main()
"""
REACHING = """
# What is imported only when a message is sent, and when a database is opened.
import kombu.transport.redis
from grader.ledger import Ledger, migrate
from grader.service import app
migrate.upgrade(Ledger("sqlite:///" + sys.argv[1]))
import psycopg
"""


def absent() -> set[str]:
    """Top-level modules of this environment that the slim image does not have."""
    held = set(lock_image.closure(API)) | OURS
    return {
        module
        for module, names in packages_distributions().items()
        if not {canonicalize_name(name) for name in names} & held
    }


@pytest.mark.parametrize(
    "words", [["api", "--help"], ["upkeep", "--help"], ["admin", "db", "--help"]], ids=" ".join
)
def test_the_command_starts(words: list[str]) -> None:
    ended(COMMAND.format(words=words))


def test_what_it_imports_later_is_there_as_well(tmp_path: Path) -> None:
    ended(REACHING, str(tmp_path / "ledger.db"))


def ended(program: str, *words: str) -> None:
    """Run it without what the slim image lacks."""
    whole = REFUSING.format(absent=absent()) + program
    done = subprocess.run(
        [sys.executable, "-c", whole, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-2000:]
