"""The path with the fake sandbox that ships with the port: what the guest writes, byte by byte."""

import json
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from grader.checks.answers import StatedNumber
from grader.checks.calls import Group
from grader.checks.functions import FunctionMatches
from grader.domain.assignment import Assignment, Problem
from grader.domain.check import Lab, Labelled
from grader.domain.job import JobSpec, Record
from grader.domain.limits import Limits
from grader.domain.question import Question
from grader.domain.report import ProblemReport, ScoreReport
from grader.domain.submission import Submission
from grader.errors import SandboxError, StoreError
from grader.evidence import pack
from grader.pipeline import Graded, grade, read, regrade, stored
from grader.running import Bench
from grader.sandbox import FakeSandbox, Job
from grader.store import load, save


def doubled(x: np.ndarray) -> np.ndarray:
    return 2 * x


def calls(rng: np.random.Generator) -> tuple[Group, ...]:
    return (Group(id="any", title="any", calls=((rng.normal(size=3),),), share=1),)


TWICE = Assignment(
    id="twice",
    title="Twice",
    problems=(
        Problem(
            id="twice",
            title="Twice",
            points=4,
            checks=(FunctionMatches(name="twice", reference=doubled, groups=calls),),
        ),
        Problem(
            id="sum",
            title="A sum",
            points=1,
            checks=(
                StatedNumber(
                    question=Question(id="sum", title="1 + 1", anchors=("how much is",)), expected=2
                ),
            ),
        ),
    ),
)
NOTEBOOK = json.dumps(
    {
        "nbformat": 4,
        "nbformat_minor": 4,
        "metadata": {},
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": "**Q:** How much is 1 + 1?\n\n2"},
            {
                "cell_type": "code",
                "metadata": {},
                "source": "def twice(x): return 2 * x",
                "outputs": [],
                "execution_count": None,
            },
        ],
    }
).encode()
HELLO = pack(b'{"type":"hello","environment":{}}')
END = pack(b'{"type":"end","reason":"finished"}')


def no_data(name: str) -> Labelled:
    raise AssertionError(name)


def answer(job: Job, factor: float = 2.0) -> bytes:
    """What a student's function gives on the job's hidden inputs."""
    spec = JobSpec.model_validate_json((job.folder / "job.json").read_bytes())
    (probe,) = spec.probes
    arrays = safetensors.numpy.load_file(job.folder / "inputs.safetensors")
    (key,) = arrays
    record = {
        "type": "answer",
        "answer": {
            "kind": "function",
            "probe": probe.id,
            "cell": 1,
            "found": {"asked": "twice", "used": "twice"},
            "calls": [{"key": "0", "type": "ndarray", "dtype": "float64"}],
        },
    }
    payload = safetensors.numpy.save({"0": factor * arrays[key]})
    return pack(json.dumps(record).encode(), payload)


class Watch:
    """Keeps what an observer hears."""

    def __init__(self) -> None:
        self.problems: list[ProblemReport] = []
        self.records: list[str] = []
        self.order: list[str] = []

    def on_submission(self, submission: Submission) -> None:
        self.order.append(submission.name)

    def on_record(self, record: Record) -> None:
        self.records.append(record.type)

    def on_problem(self, problem: ProblemReport) -> None:
        self.problems.append(problem)


def run(box: FakeSandbox, watch: Watch | None = None) -> Graded:
    bench = Bench(box, Lab(dataset=no_data), b"secret", None, Limits(threads=1))
    return grade(TWICE, read(TWICE, NOTEBOOK, "x.ipynb"), bench, watch)


def earned(report: ScoreReport) -> dict[str, float]:
    return {problem.id: problem.earned for problem in report.problems}


def test_a_right_answer_on_hidden_inputs_earns_its_points() -> None:
    graded = run(FakeSandbox(lambda job: (HELLO, answer(job), END)))
    assert earned(graded.report) == {"twice": 4, "sum": 1}
    assert earned(run(FakeSandbox(lambda job: (HELLO, answer(job, 2.1), END))).report) == {
        "twice": 0,
        "sum": 1,
    }


def test_the_answer_to_another_notebooks_inputs_earns_nothing() -> None:
    """Hidden inputs follow from the notebook: what leaked from one is wrong for the next."""
    other: list[bytes] = []
    run(FakeSandbox(lambda job: (HELLO, other.append(answer(job)) or other[0], END)))
    changed = NOTEBOOK.replace(b"1 + 1?", b"1 + 1 ?")
    bench = Bench(
        FakeSandbox((HELLO, other[0], END)),
        Lab(dataset=no_data),
        b"secret",
        None,
        Limits(threads=1),
    )
    assert grade(TWICE, read(TWICE, changed, "y.ipynb"), bench).report.problems[0].earned == 0


def test_the_job_holds_no_expected_value() -> None:
    found: list[str] = []

    def look(job: Job) -> Iterable[bytes]:
        found.extend(str(path.relative_to(job.folder)) for path in job.folder.rglob("*.json"))
        arrays = safetensors.numpy.load_file(job.folder / "inputs.safetensors")
        assert len(arrays) == 1
        return (HELLO, END)

    run(FakeSandbox(look))
    assert found == ["job.json"]


def test_problems_are_told_before_the_run_ends() -> None:
    watch = Watch()
    told_in_time: list[str] = []

    def slow(job: Job) -> Iterable[bytes]:
        yield HELLO
        yield answer(job)
        for _ in range(500):
            if len(watch.problems) == 2:
                break
            time.sleep(0.01)
        told_in_time.extend(problem.id for problem in watch.problems)
        yield END

    graded = run(FakeSandbox(slow), watch)
    assert told_in_time == ["sum", "twice"]
    assert {p.id: p.earned for p in watch.problems} == earned(graded.report)
    assert watch.records == ["hello", "answer", "end"]


def test_a_broken_stream_keeps_what_came_before_it() -> None:
    graded = run(FakeSandbox(lambda job: (HELLO, answer(job), pack(b"[]"), END)))
    assert graded.report.run.stopped == "evidence_broken"
    assert graded.report.status == "graded"
    assert earned(graded.report) == {"twice": 4, "sum": 1}


def test_a_guest_that_says_nothing_is_our_failure() -> None:
    with pytest.raises(SandboxError, match="ended before it ran anything") as caught:
        run(FakeSandbox())
    assert caught.value.code == "guest_failed"


def test_a_sandbox_that_breaks_is_our_failure_also_while_watched() -> None:
    broken = FakeSandbox(ending=SandboxError("host_disk_full", "no space"))
    for watch in (None, Watch()):
        with pytest.raises(SandboxError, match="no space"):
            run(broken, watch)


def test_a_regrade_of_stored_evidence_gives_the_identical_report(tmp_path: Path) -> None:
    graded = run(FakeSandbox(lambda job: (HELLO, answer(job), END)))
    save(tmp_path / "run", stored(TWICE, NOTEBOOK, graded))
    again = regrade(TWICE, load(tmp_path / "run"), Lab(dataset=no_data))
    assert again.model_dump_json() == graded.report.model_dump_json()


def test_a_changed_rubric_scores_stored_evidence_anew(tmp_path: Path) -> None:
    graded = run(FakeSandbox(lambda job: (HELLO, answer(job), END)))
    save(tmp_path / "run", stored(TWICE, NOTEBOOK, graded))
    first, second = TWICE.problems
    generous = TWICE.model_copy(
        update={"problems": (first.model_copy(update={"points": 9}), second)}
    )
    again = regrade(generous, load(tmp_path / "run"), Lab(dataset=no_data))
    assert earned(again) == {"twice": 9, "sum": 1}


def other_calls(rng: np.random.Generator) -> tuple[Group, ...]:
    return (Group(id="any", title="any", calls=((rng.normal(size=4),),), share=1),)


def test_an_answer_is_never_judged_by_inputs_that_the_run_did_not_see(tmp_path: Path) -> None:
    graded = run(FakeSandbox(lambda job: (HELLO, answer(job), END)))
    save(tmp_path / "run", stored(TWICE, NOTEBOOK, graded))
    first, second = TWICE.problems
    (check,) = first.checks
    asks_others = check.model_copy(update={"groups": other_calls})
    changed = TWICE.model_copy(
        update={"problems": (first.model_copy(update={"checks": (asks_others,)}), second)}
    )
    again = regrade(changed, load(tmp_path / "run"), Lab(dataset=no_data))
    assert again.status == "not_graded"
    assert again.problems[0].checks[0].status == "not_graded"
    assert again.problems[0].checks[0].reason == "asked_differently"
    assert "run the notebook again" in again.problems[0].message
    assert again.problems[1].status == "passed"


def test_a_run_of_another_assignment_is_refused() -> None:
    graded = run(FakeSandbox(lambda job: (HELLO, answer(job), END)))
    other = TWICE.model_copy(update={"id": "thrice"})
    with pytest.raises(StoreError, match=r"'twice'.*'thrice'"):
        regrade(other, stored(TWICE, NOTEBOOK, graded), Lab(dataset=no_data))
