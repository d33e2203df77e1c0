"""`grader regrade` on stored runs that hold no answers: only what is around the judgements."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from grader import scoring
from grader.cli.regrade import MANY, regrade
from grader.domain.evidence import Evidence
from grader.domain.hidden import Hidden
from grader.domain.limits import Limits
from grader.domain.run import Environment, SandboxFacts, Stopped
from grader.store import StoredRun, digests, save

GRADER = str(Path(sys.executable).with_name("grader"))
NOTEBOOK = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}}
CELL = {"cell_type": "markdown", "metadata": {}, "source": "nothing"}


def store(folder: Path, assignment: str = "cnn", name: str = "a.ipynb") -> Path:
    hidden = Hidden(seed="00" * 32)
    run = StoredRun(
        notebook=json.dumps({**NOTEBOOK, "cells": [CELL]}).encode(),
        name=name,
        assignment=assignment,
        assignment_version="1",
        sha256="ab",
        hidden=hidden,
        limits=Limits(),
        asked=digests(scoring.questions(scoring.load("cnn"), hidden)),
        evidence=Evidence(
            environment=Environment(),
            cells=(),
            answers=(),
            stopped=Stopped(reason="finished"),
            facts=SandboxFacts(sandbox="fake", seconds=1),
        ),
    )
    save(folder, run)
    return folder


def test_the_stored_runs_own_assignment_is_taken(tmp_path: Path) -> None:
    report = regrade(store(tmp_path / "run"), None).report
    assert report is not None
    assert (report.assignment, report.status, report.earned) == ("cnn", "graded", 0)
    other = regrade(store(tmp_path / "other", assignment="no_such"), None)
    assert other.report is None
    assert "no_such" in other.error


def test_a_run_of_another_assignment_is_named_and_refused(tmp_path: Path) -> None:
    refused = regrade(store(tmp_path / "run", assignment="rnn"), "cnn")
    assert refused.report is None
    for part in (str(tmp_path / "run"), "'rnn'", "'cnn'"):
        assert part in refused.error


def test_many_runs_keep_their_order_and_a_broken_one_stops_no_other(tmp_path: Path) -> None:
    names = [f"{number:02d}.ipynb" for number in range(MANY + 1)]
    for name in names:
        store(tmp_path / name, name=name)
    (tmp_path / names[3] / "run.json").write_text("{}")
    done = subprocess.run(
        [GRADER, "regrade", str(tmp_path), "--json", "-"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert names[3] in done.stderr
    assert "Traceback" not in done.stderr
    found = [json.loads(line)["submission"]["name"] for line in done.stdout.splitlines()]
    assert found == [name for name in names if name != names[3]]


def test_a_regraded_class_is_told_its_mistakes_by_problem(tmp_path: Path) -> None:
    for name in ("a.ipynb", "b.ipynb"):
        store(tmp_path / name, name=name)
    done = subprocess.run(
        [GRADER, "regrade", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    mistakes = done.stdout[done.stdout.index("\nMistakes\n") :]
    assert "\n  Training loop\n    2 of 2 had nothing of that name\n" in mistakes
    assert "\n  Sobel filters\n" not in mistakes


@pytest.mark.parametrize("kind", ["other things", "a file"])
def test_unusable_evidence_folders_are_refused_before_the_run(tmp_path: Path, kind: str) -> None:
    notebook = tmp_path / "a.ipynb"
    notebook.write_text(json.dumps({**NOTEBOOK, "cells": [CELL]}))
    folder = tmp_path if kind == "other things" else notebook
    done = subprocess.run(
        [GRADER, "grade", str(notebook), "--evidence", str(folder), "--json", "-"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert "holds no stored run" in done.stderr
    assert done.stdout == ""
