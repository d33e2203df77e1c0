"""The command as its user runs it: a process with exit code, standard output and standard error."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

GRADER = str(Path(sys.executable).with_name("grader"))


def grader(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [GRADER, *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def test_help_names_every_command() -> None:
    done = grader("--help")
    assert done.returncode == 0
    for name in ("grade", "batch", "regrade", "assignment", "data", "doctor"):
        assert name in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("grade",),
        ("grade", "no-such-file.ipynb"),
        ("grade", "pyproject.toml", "--sandbox", "no_such_sandbox"),
        ("grade", "pyproject.toml", "--sandbox", "none"),
        ("grade", "pyproject.toml", "--i-trust-this-notebook"),
        ("batch", "tests", "--out", "/dev/null/x", "--sandbox", "none"),
        ("batch", "tests", "--out", "/dev/null/x", "--i-trust-this-notebook"),
        ("assignment", "check", "cnn", "--sandbox", "none"),
        ("grade", "pyproject.toml", "--limits", "speed=9"),
        ("grade", "pyproject.toml", "--limits", "wall_seconds=-1"),
        ("grade", "pyproject.toml", "--assignment", "no_such_assignment"),
        ("batch", "tests", "--out", "/dev/null/x", "--assignment", "no_such_assignment"),
        ("no-such-command",),
    ],
)
def test_wrong_usage_is_2_and_shows_no_traceback(arguments: tuple[str, ...]) -> None:
    done = grader(*arguments)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("content", [b"", b"{", b"PK\x03\x04", b"{}", b"\xff\xfe\x00"])
def test_an_unreadable_notebook_is_3_and_says_why(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.ipynb"
    path.write_bytes(content)
    done = grader("grade", str(path), "--json", "-")
    assert done.returncode == 3
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_assignment_that_is_wrong_lists_every_wrong_field(tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(
        "from grader.domain.assignment import Assignment\n"
        "assignment = Assignment(id='Not An Id', title='', problems=())\n"
    )
    done = grader("assignment", "check", str(path))
    assert done.returncode == 2
    for field in ("id", "title", "problems"):
        assert field in done.stderr
    assert "Traceback" not in done.stderr


def test_the_assignment_of_the_course_is_right() -> None:
    done = grader("assignment", "check", "cnn", "--static")
    assert done.returncode == 0, done.stderr
    assert "18 problems, 100 points" in done.stdout


def test_an_assignment_without_a_rehearsal_is_not_calibrated_for_one(tmp_path: Path) -> None:
    path = tmp_path / "plain.py"
    path.write_text(
        "from reference.cnn.assignment import assignment as full\n"
        "assignment = full.model_copy(update={'rehearsal': None})\n"
    )
    done = grader("assignment", "calibrate", str(path), "--rehearsal")
    assert done.returncode == 2
    assert "has no rehearsal" in done.stderr


def test_verify_names_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_DATA_DIR", str(tmp_path))
    done = grader("data", "verify", "mnist")
    assert done.returncode == 4
    assert "train-images-idx3-ubyte" in done.stdout


def test_missing_data_is_ours_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_DATA_DIR", str(tmp_path))
    done = grader("grade", "reference/cnn/solution.ipynb")
    assert done.returncode == 4
    assert "grader data fetch mnist" in done.stderr


def test_regrade_of_a_folder_without_runs_is_wrong_usage(tmp_path: Path) -> None:
    assert grader("regrade", str(tmp_path)).returncode == 2


def test_a_report_on_standard_output_is_json_and_nothing_else(tmp_path: Path) -> None:
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    notebook["cells"] = [
        {
            "cell_type": "code",
            "id": "a",
            "metadata": {},
            "source": "print('loud')",
            "outputs": [],
            "execution_count": None,
        }
    ]
    path = tmp_path / "loud.ipynb"
    path.write_text(json.dumps(notebook))
    done = grader("grade", str(path), "--json", "-", "--fail-under", "50")
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert report["earned"] == 0
    assert report["possible"] == 100
    assert done.stderr == ""


def test_the_doctor_says_what_this_machine_can_do(needs_bubblewrap: None, mnist: Path) -> None:
    done = grader("doctor")
    assert done.returncode == 0, done.stdout
    for name in ("bubblewrap", "user namespaces", "control groups", "NVIDIA GPU", "mnist"):
        assert name in done.stdout


def test_the_doctor_says_how_to_mend_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_DATA_DIR", str(tmp_path))
    done = grader("doctor")
    assert done.returncode == 4
    assert "grader data fetch mnist" in " ".join(done.stdout.split())
