"""Whether, with what and for how long a notebook runs a second time, on the fake sandbox."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.domain.assignment import Assignment, Problem
from grader.domain.check import Case, Check, Lab, Labelled, Questions
from grader.domain.evidence import ModuleAnswer
from grader.domain.hidden import Hidden
from grader.domain.job import JobSpec, Retraining
from grader.domain.limits import Limits
from grader.domain.outcome import Failed, Outcome, Passed
from grader.domain.probe import DescribeModule, TrainSmallModel
from grader.domain.run import SandboxFacts
from grader.evidence import pack
from grader.pipeline import Graded, grade, read, regrade, stored
from grader.running import Bench
from grader.sandbox import FakeSandbox, Job
from grader.sandbox.interface import RunEnd
from grader.store import load, save

X = np.zeros((2, 3), "float32")


def no_data(name: str) -> Labelled:
    raise AssertionError(name)


class Trains(Check):
    """Asks about the function that trains, and finds it right or wrong."""

    right: bool = True

    @property
    def id(self) -> str:
        return "trains"

    def questions(self, hidden: Hidden) -> Questions:
        probe = TrainSmallModel(
            id="fit", name="fit", layers=(), weights={}, train=("x", "x"), test=("x", "x"),
            batch_size=1, lr=0.1, momentum=0,
        )  # fmt: skip
        return Questions((probe,), {"x": X})

    def judge(self, case: Case) -> Outcome:
        return Passed(message="Right.") if self.right else Failed(message="Wrong.")


class Lucky(Check):
    """Passes once the net was trained once more, and asks for that before."""

    cell: int = 1

    @property
    def id(self) -> str:
        return "lucky"

    def questions(self, hidden: Hidden) -> Questions:
        return Questions((DescribeModule(id="net", name="net", inputs="x", outputs=1),), {"x": X})

    def judge(self, case: Case) -> Outcome:
        given = [a.answer for a in case.evidence.to("net") if isinstance(a.answer, ModuleAnswer)]
        if any(answer.when == "retrained" for answer in given):
            return Passed(message="Lucky.")
        return Failed(message="Unlucky.")

    def again(self, case: Case) -> Retraining | None:
        if isinstance(self.judge(case), Passed):
            return None
        return Retraining(
            probe="net", model="net", training="fit", function="fit", cell=self.cell, seed=9
        )


class Broken(Lucky):
    """Breaks when it is asked about a second run."""

    def again(self, case: Case) -> Retraining | None:
        raise ZeroDivisionError


def assignment(*checks: Check) -> Assignment:
    problems = tuple(
        Problem(id=f"p{number}", title="P", points=1, checks=(check,))
        for number, check in enumerate(checks)
    )
    return Assignment(id="luck", title="Luck", problems=problems)


NOTEBOOK = json.dumps(
    {
        "nbformat": 4, "nbformat_minor": 4, "metadata": {},
        "cells": [
            {"cell_type": "code", "metadata": {}, "source": f"cell = {number}", "outputs": [],
             "execution_count": None}
            for number in range(3)
        ],
    }
).encode()  # fmt: skip
HELLO = pack(b'{"type":"hello","environment":{}}')
END = pack(b'{"type":"end","reason":"finished"}')


def record(kind: str, **fields: Any) -> bytes:
    return pack(json.dumps({"type": kind, **fields}).encode())


def module(when: str) -> bytes:
    return record(
        "answer",
        answer={
            "kind": "module", "probe": "net", "cell": 1, "class_name": "Net", "parameters": [],
            "layers": [], "parameter_count": 0, "when": when,
            "found": {"asked": "net", "used": "net"},
        },
    )  # fmt: skip


SPECS: list[JobSpec] = []


def guest(job: Job) -> Iterable[bytes]:
    spec = JobSpec.model_validate_json((job.folder / "job.json").read_bytes())
    SPECS.append(spec)
    yield HELLO
    yield record("cell_finished", cell={"index": 1, "status": "ok", "seconds": 40})
    yield module("retrained" if spec.again else "bound")
    if spec.again:
        yield module("end")
    yield END


def run(chosen: Assignment, chunks: Any = guest, seconds: float = 50, **bench: Any) -> Graded:
    SPECS.clear()
    ending = RunEnd(SandboxFacts(sandbox="fake", seconds=seconds), stopped=None, stderr="")
    made = Bench(
        FakeSandbox(chunks, ending),
        Lab(no_data),
        b"secret",
        None,
        Limits(wall_seconds=100, threads=1),
        **bench,
    )
    return grade(chosen, read(chosen, NOTEBOOK, "x.ipynb"), made)


def test_what_luck_took_is_given_back_by_a_second_run() -> None:
    graded = run(assignment(Lucky(), Trains()))
    assert graded.report.earned == 2
    second = graded.report.run.second
    assert second is not None
    assert (second.models, second.seconds, second.stopped) == (("net",), 50, "finished")


def test_the_second_run_gets_the_cells_up_to_the_training_and_the_time_that_is_left() -> None:
    run(assignment(Lucky(), Trains()))
    first, second = SPECS
    assert [cell.index for cell in first.cells] == [0, 1, 2]
    assert (first.again, first.limits.wall_seconds) == ((), 100)
    assert [cell.index for cell in second.cells] == [0, 1]
    assert [probe.id for probe in second.probes] == ["net"]
    assert [item.seed for item in second.again] == [9]
    assert second.limits.wall_seconds == 50


def test_of_the_second_run_only_the_retrained_model_is_evidence() -> None:
    graded = run(assignment(Lucky(), Trains()))
    given = [item.answer for item in graded.evidence.answers]
    assert [a.when for a in given if isinstance(a, ModuleAnswer)] == ["bound", "retrained"]
    assert [cell.index for cell in graded.evidence.cells] == [0, 1, 2]


@pytest.mark.parametrize(
    "checks",
    [(Trains(),), (Lucky(), Trains(right=False)), (Lucky(),), (Broken(), Trains())],
    ids=["nothing wanted", "wrong function", "no function", "our own failure"],
)
def test_nothing_is_run_again_that_cannot_change_the_score(checks: tuple[Check, ...]) -> None:
    graded = run(assignment(*checks))
    assert len(SPECS) == 1
    assert graded.report.run.second is None


def test_one_second_run_serves_several_checks() -> None:
    run(assignment(Lucky(), Trains(), Lucky(cell=1)))
    assert len(SPECS) == 2
    assert len(SPECS[1].again) == 1


def test_a_run_that_left_too_little_time_is_not_repeated() -> None:
    graded = run(assignment(Lucky(), Trains()), seconds=61)
    assert len(SPECS) == 1
    assert graded.report.earned == 1


def test_a_bench_may_forbid_it() -> None:
    run(assignment(Lucky(), Trains()), second_run=False)
    assert len(SPECS) == 1


def test_a_first_run_that_claims_to_be_the_second_is_refused() -> None:
    graded = run(assignment(Lucky(), Trains()), (HELLO, module("retrained"), END), second_run=False)
    assert graded.report.run.stopped == "evidence_broken"
    assert graded.report.earned == 1


def test_a_regrade_gives_the_identical_report_after_a_second_run(tmp_path: Path) -> None:
    chosen = assignment(Lucky(), Trains())
    graded = run(chosen)
    save(tmp_path / "run", stored(chosen, NOTEBOOK, graded))
    again = regrade(chosen, load(tmp_path / "run"), Lab(no_data))
    assert again.model_dump_json() == graded.report.model_dump_json()


def test_the_report_names_the_seed_without_giving_it_away() -> None:
    graded = run(assignment(Trains()))
    assert graded.report.run.seed_id == graded.hidden.id
    assert graded.hidden.seed not in graded.report.model_dump_json()
    assert Hidden.of(b"secret", "01").id != Hidden.of(b"secret", "02").id
