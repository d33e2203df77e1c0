"""A class of notebooks on the fake sandbox that ships with the port."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from grader.batch import REPORT, Class, Result, find, grade_class
from grader.checks.answers import StatedNumber
from grader.domain.assignment import Assignment, Problem
from grader.domain.check import Lab, Labelled
from grader.domain.limits import Limits
from grader.domain.question import Question
from grader.domain.report import ScoreReport
from grader.errors import SandboxError
from grader.evidence import pack
from grader.running import Bench
from grader.sandbox import FakeSandbox, Job
from grader.store import FileMemo, load

SUM = Assignment(
    id="sums",
    title="Sums",
    problems=(
        Problem(
            id="sum",
            title="A sum",
            points=3,
            checks=(
                StatedNumber(
                    question=Question(id="sum", title="1 + 1", anchors=("how much is",)), expected=2
                ),
            ),
        ),
    ),
)


def guest(job: Job) -> Iterable[bytes]:
    """What the guest writes about a notebook whose cells all run."""
    cells = json.loads((job.folder / "job.json").read_text())["cells"]
    yield pack(b'{"type":"hello","environment":{}}')
    for cell in cells:
        record = {"type": "cell_finished", "cell": {"index": cell["index"], "status": "ok"}}
        yield pack(json.dumps(record).encode())
    yield pack(b'{"type":"end","reason":"finished"}')


def notebook(answer: str) -> str:
    cells: list[dict[str, object]] = [
        {"cell_type": "markdown", "metadata": {}, "source": "**Q:** How much is 1 + 1?"},
        {"cell_type": "markdown", "metadata": {}, "source": answer},
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells})


def no_data(name: str) -> Labelled:
    raise AssertionError(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three students: one right, one wrong, one whose upload was cut off."""
    made = tmp_path / "class"
    for name, text in {
        "ada/ex.ipynb": notebook("**A:** 2"),
        "bob/ex.ipynb": notebook("**A:** 3"),
        "eve/ex.ipynb": notebook("**A:** 2")[:-20],
        "ada/.ipynb_checkpoints/ex-checkpoint.ipynb": notebook("old"),
        "ada/notes.txt": "not a notebook",
    }.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    return made


def run(folder: Path, box: FakeSandbox, assignment: Assignment = SUM) -> dict[str, Result]:
    finished: list[str] = []

    def finish(where: Path, report: ScoreReport) -> None:
        finished.append(report.submission.name)

    def bench(memo: FileMemo) -> Bench:
        return Bench(box, Lab(dataset=no_data, memo=memo), b"secret", None, Limits(threads=1))

    group = Class(assignment=assignment, out=folder.parent / "out", bench=bench, finish=finish)
    return {result.key: result for result in grade_class(find(folder), group, workers=2)}


def test_every_notebook_gets_a_report_or_a_reason(folder: Path) -> None:
    results = run(folder, FakeSandbox(guest))
    assert set(results) == {"ada__ex", "bob__ex", "eve__ex"}
    ada, bob = results["ada__ex"].report, results["bob__ex"].report
    assert ada is not None
    assert bob is not None
    assert (ada.earned, bob.earned) == (3, 0)
    assert results["eve__ex"].report is None
    assert results["eve__ex"].code == "truncated"
    assert not results["eve__ex"].ours


def test_a_finished_notebook_is_not_run_again(folder: Path) -> None:
    run(folder, FakeSandbox(guest))
    box = FakeSandbox(guest)
    results = run(folder, box)
    assert box.jobs == []
    assert results["ada__ex"].resumed
    assert results["ada__ex"].report is not None


def test_a_changed_notebook_is_run_again_and_only_that(folder: Path) -> None:
    run(folder, FakeSandbox(guest))
    (folder / "bob/ex.ipynb").write_text(notebook("**A:** 2"))
    box = FakeSandbox(guest)
    results = run(folder, box)
    assert len(box.jobs) == 1
    assert results["bob__ex"].report is not None
    assert results["bob__ex"].report.earned == 3


def test_a_new_version_of_the_assignment_runs_all_again(folder: Path) -> None:
    run(folder, FakeSandbox(guest))
    box = FakeSandbox(guest)
    run(folder, box, SUM.model_copy(update={"version": "2"}))
    assert len(box.jobs) == 2


def test_our_failure_is_no_zero_and_is_tried_again(folder: Path) -> None:
    broken = FakeSandbox(ending=SandboxError("host_disk_full", "no space left"))
    results = run(folder, broken)
    assert results["ada__ex"].report is None
    assert results["ada__ex"].ours
    assert results["ada__ex"].code == "host_disk_full"
    again = run(folder, FakeSandbox(guest))
    assert again["ada__ex"].report is not None


def test_evidence_is_kept_for_a_regrade(folder: Path) -> None:
    run(folder, FakeSandbox(guest))
    out = folder.parent / "out" / "ada__ex"
    assert load(out / "evidence").notebook == (folder / "ada/ex.ipynb").read_bytes()
    assert json.loads((out / REPORT).read_text())["earned"] == 3


def test_two_paths_never_share_a_key(tmp_path: Path) -> None:
    def keys(*names: str) -> list[str]:
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        return [entry.key for entry in find(tmp_path)]

    first, second = keys("a/b.ipynb", "a__b.ipynb")
    assert first != second
    assert first.startswith("a__b-")
    assert len(first) == len("a__b-12345678")
    three = keys(f"{first}.ipynb", "c.ipynb")
    assert len(set(three)) == 4
    assert "c" in three


def test_notebooks_of_one_name_in_two_folders_do_not_meet(folder: Path) -> None:
    assert [entry.key for entry in find(folder)] == ["ada__ex", "bob__ex", "eve__ex"]
