import subprocess
import sys
from pathlib import Path

import pytest

from grader.domain.limits import Limits
from grader.errors import SandboxError
from grader.sandbox.interface import Job
from grader.sandbox.linux.layout import (
    Bind,
    Interpreter,
    checkouts,
    installed,
    job_binds,
    mask,
)


def environment(root: Path, *packages: str) -> Interpreter:
    site = root / "lib" / "python3.11" / "site-packages"
    for name in packages:
        (site / name).mkdir(parents=True)
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "python").symlink_to("/usr/bin/python3")
    return Interpreter(root, Path("/usr"))


def test_packages_of_ours_in_the_environment_are_found(tmp_path: Path) -> None:
    found = installed(environment(tmp_path, "grader", "reference", "tasks", "numpy"))
    assert [path.name for path in found] == ["grader", "reference", "tasks"]


def test_an_environment_of_the_system_s_python_is_bound_alone(tmp_path: Path) -> None:
    assert environment(tmp_path).binds == (Bind(tmp_path, tmp_path),)


def test_an_installation_outside_the_system_is_bound_as_well(tmp_path: Path) -> None:
    base, prefix = tmp_path / "python", tmp_path / "venv"
    for folder in (base / "bin", prefix / "bin"):
        folder.mkdir(parents=True)
    (base / "bin" / "python3").write_text("")
    (prefix / "bin" / "python").symlink_to(base / "bin" / "python3")
    assert [b.target for b in Interpreter(prefix, base).binds] == [base, prefix]


def test_a_source_tree_within_what_is_shown_is_found() -> None:
    tree = Path(__file__).parents[3]
    assert tree in checkouts(Interpreter(tree, Path("/usr")))
    assert tree not in checkouts(Interpreter(tree / ".venv", Path("/usr")))


@pytest.mark.parametrize("place", ["/data/venv", "/job", "/proc/x", "/dev/shm/venv", "/etc/venv"])
def test_an_environment_where_the_sandbox_has_something_else_is_refused(place: str) -> None:
    with pytest.raises(SandboxError) as raised:
        Interpreter(Path(place), Path("/usr"))
    assert raised.value.code == "prefix_hidden"


def test_a_masked_package_cannot_be_imported_not_even_as_a_namespace(tmp_path: Path) -> None:
    mask(tmp_path / "grader")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import grader"
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert "ModuleNotFoundError" in ended.stderr


def test_a_folder_that_only_we_can_read_is_refused_for_another_user(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    job = Job(tmp_path, None, Limits())
    assert job_binds(job, other_user=False) == (Bind(tmp_path, Path("/job")),)
    with pytest.raises(SandboxError, match="not readable by every user"):
        job_binds(job, other_user=True)
