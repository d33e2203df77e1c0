"""The commands of the README: what they run, and that they run it once."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SETUP = ROOT / "scripts" / "setup.sh"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Our Makefile beside a setup that only counts how often it ran."""
    shutil.copy(ROOT / "Makefile", tmp_path / "Makefile")
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "setup.sh").write_text("mkdir -p .venv && echo ran >> runs\n")
    return tmp_path


def make(folder: Path, *arguments: str) -> str:
    # A test run by `make test` must not hand its own make's flags on.
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=True
    )
    return done.stdout


def runs(folder: Path) -> int:
    return len((folder / "runs").read_text().splitlines())


def test_setup_does_nothing_until_something_changed(project: Path) -> None:
    make(project, "setup")
    make(project, "setup")
    assert runs(project) == 1
    later = (project / ".venv" / ".ready").stat().st_mtime + 10
    os.utime(project / "pyproject.toml", (later, later))
    make(project, "setup")
    assert runs(project) == 2


def test_a_setup_that_failed_is_run_again(project: Path) -> None:
    setup = project / "scripts" / "setup.sh"
    right = setup.read_text()
    setup.write_text(f"{right}exit 1\n")
    with pytest.raises(subprocess.CalledProcessError):
        make(project, "setup")
    setup.write_text(right)
    make(project, "setup")
    assert runs(project) == 2


@pytest.mark.parametrize(
    ("target", "commands"),
    [
        (
            "demo",
            [
                ".venv/bin/grader data fetch mnist",
                ".venv/bin/grader grade reference/cnn/solution.ipynb --html out/report.html",
            ],
        ),
        (
            "test",
            [
                "bash scripts/engines.sh",
                ".venv/bin/grader data fetch mnist",
                "bash scripts/with_dockerd.sh .venv/bin/pytest",
            ],
        ),
        (
            "lint",
            [
                ".venv/bin/ruff check .",
                ".venv/bin/ruff format --check .",
                ".venv/bin/mypy",
                ".venv/bin/lint-imports",
            ],
        ),
        ("bench", [".venv/bin/grader data fetch mnist", ".venv/bin/python -m benchmarks"]),
    ],
)
def test_a_target_installs_first_and_then_runs_its_commands(
    project: Path, target: str, commands: list[str]
) -> None:
    told = make(project, "--dry-run", target)
    places = [told.find(command) for command in ["bash scripts/setup.sh", *commands]]
    assert -1 not in places, told
    assert places == sorted(places)


def test_ci_runs_the_same_commands_and_stops_at_the_first_that_fails(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for fails, expected in (("none", ["setup", "lint", "test"]), ("lint", ["setup", "lint"])):
        log.unlink(missing_ok=True)
        _command(tmp_path / "make", f'echo "$@" >> {log}; [ "$1" != {fails} ]')
        path = f"{tmp_path}:{os.environ['PATH']}"
        done = subprocess.run([ROOT / ".ci" / "run"], env={"PATH": path}, check=False)
        assert log.read_text().split() == expected
        assert (done.returncode == 0) == (fails == "none")


def test_who_may_use_sudo_has_the_packages_installed(tmp_path: Path) -> None:
    """`sudo` is a stand-in that writes down what it is asked; it fails, so nothing else runs."""
    log = tmp_path / "log"
    _command(tmp_path / "sudo", f'[ "$*" = "-n true" ] || {{ echo "$*" > {log}; exit 7; }}')
    _command(tmp_path / "id", "echo 1000")
    assert _setup(tmp_path).returncode == 7
    asked = log.read_text()
    assert "DEBIAN_FRONTEND=noninteractive bash -c apt-get update && apt-get install -y" in asked
    assert {"bubblewrap", "npm"} <= set(asked.split())


def test_root_has_the_packages_installed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    _command(tmp_path / "apt-get", f'echo "$*" >> {log}; [ "$1" = update ] || exit 7')
    _command(tmp_path / "id", "echo 0")
    assert _setup(tmp_path).returncode == 7
    update, install = log.read_text().splitlines()
    assert update == "update"
    assert {"install", "-y", "bubblewrap", "npm"} <= set(install.split())


def _command(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/bash\n{script}\n")
    path.chmod(0o755)


def _setup(commands: Path) -> "subprocess.CompletedProcess[str]":
    """The setup on a machine that has no command but those; works nowhere near our `.venv`."""
    (commands / "bash").symlink_to("/bin/bash")
    work = commands / "work"
    work.mkdir()
    script = SETUP.read_text()
    moved = script.replace('cd "$(dirname "$0")/.."', f"cd {work}")
    assert moved != script
    return subprocess.run(
        ["/bin/bash"],
        input=moved,
        env={"PATH": str(commands)},
        capture_output=True,
        text=True,
        check=False,
    )
