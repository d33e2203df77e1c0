"""An engine that the suite did not run over is told; in CI one that stays silent is a failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def suite(path: Path, ci: str) -> "subprocess.CompletedProcess[str]":
    """One test of the suite over Docker and podman, on a machine with those programs alone."""
    env = {"PATH": str(path), "CI": ci, "HOME": os.environ["HOME"]}
    chosen = "error_only_the_end and (docker or podman)"
    words = ("-m", "pytest", "-q", "test_sandbox_limits.py", "-k", chosen)
    return subprocess.run(
        [sys.executable, *words], cwd=HERE, env=env, capture_output=True, text=True, check=False
    )


@pytest.fixture
def silent(tmp_path: Path) -> Path:
    """A machine with a Docker whose daemon does not run, and bubblewrap."""
    for name, code in (("docker", 1), ("bwrap", 0)):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho the daemon sleeps >&2\nexit {code}\n")
        program.chmod(0o755)
    return tmp_path


def test_an_absent_engine_is_told_with_the_reason(silent: Path) -> None:
    done = suite(silent, "")
    assert done.returncode == 0, done.stdout
    assert "docker: ABSENT, 1 skipped\n" in done.stdout
    assert "1 x docker is installed and does not answer: the daemon sleeps\n" in done.stdout
    assert "podman: ABSENT, 1 skipped\n    1 x podman is not installed\n" in done.stdout


def test_in_ci_an_installed_engine_must_answer(silent: Path) -> None:
    done = suite(silent, "true")
    assert done.returncode == 1
    assert "docker: 1 error\n" in done.stdout
    assert "podman: ABSENT, 1 skipped\n" in done.stdout
