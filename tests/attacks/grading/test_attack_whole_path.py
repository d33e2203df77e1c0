"""A stream that turns hostile half-way: what was answered before counts, the rest is not graded."""

import json
from pathlib import Path

import pytest
import safetensors.numpy
import scored
from streams import HELLO, claimed, frame

from grader import pipeline, reports
from grader.domain.check import DictMemo, Lab
from grader.domain.evidence import Answered
from grader.domain.limits import Limits
from grader.domain.run import SandboxFacts
from grader.domain.submission import Submission
from grader.errors import SandboxError
from grader.evidence import collect, pack
from grader.pipeline import Graded
from grader.running import Bench
from grader.sandbox import FakeSandbox, RunEnd
from grader.store import load, save

RIGHT = scored.right()
SUBMISSION = Submission(name="n.ipynb", sha256="00" * 32, cells=())
NOTEBOOK = json.dumps(
    {"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "nothing"}]}
).encode()
LAB = Lab(dataset=lambda _: scored.TEST_SET, memo=DictMemo())


def given(item: Answered) -> bytes:
    record = {"type": "answer", "answer": item.answer.model_dump(mode="json")}
    arrays = {key: array.copy(order="C") for key, array in item.tensors.items()}
    return frame(record, safetensors.numpy.save(arrays))


def graded(*chunks: bytes) -> Graded:
    ending = RunEnd(SandboxFacts(sandbox="fake", seconds=0), stopped=None, stderr="")
    bench = Bench(
        sandbox=FakeSandbox(chunks, ending),
        lab=LAB,
        secret=b"secret of the course",
        data=None,
        limits=Limits(threads=1),
        second_run=False,
    )
    return pipeline.grade(scored.assignment, SUBMISSION, bench)


HALF = len(RIGHT) // 2
HOSTILE = {
    "a length over its cap": b"\xff" * 8,
    "no JSON": pack(b"\x80\x04\x95"),
    "deep JSON": pack(b"[" * 100_000),
    "an index of 400 digits": pack(b'{"type":"cell_started","index":' + b"9" * 400 + b"}"),
    "arrays that lie": frame(
        {"type": "answer", "answer": RIGHT[-1].answer.model_dump(mode="json")},
        claimed({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}),
    ),
    "an answer to no question": frame(
        {"type": "answer", "answer": {**RIGHT[-1].answer.model_dump(mode="json"), "probe": "x"}}
    ),
    "a closing record": frame({"type": "end", "reason": "finished"}),
    "an answer of a second run": frame(
        {
            "type": "answer",
            "answer": {**RIGHT[0].answer.model_dump(mode="json"), "when": "retrained"},
        }
    ),
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_what_was_answered_before_a_refusal_counts_and_the_rest_is_not_graded(
    hostile: bytes, tmp_path: Path
) -> None:
    before, after = RIGHT[:HALF], RIGHT[HALF:]
    done = graded(frame(HELLO), *map(given, before), hostile, *map(given, after))
    assert done.report.status == "graded"
    assert done.report.run.stopped == "evidence_broken"
    whole = graded(frame(HELLO), *map(given, RIGHT), frame({"type": "end", "reason": "finished"}))
    assert whole.report.run.stopped == "finished"
    answered = {item.answer.probe for item in before}
    for problem, full, made in zip(
        done.report.problems, whole.report.problems, scored.assignment.problems, strict=True
    ):
        asked = {p.id for check in made.checks for p in check.questions(scored.made.HIDDEN).probes}
        if asked and asked <= answered:
            assert problem == full
        elif asked and not asked & answered:
            assert problem.status == "not_graded"
        assert problem.status != "check_broke"
    for form in reports.FORMS:
        reports.render(done.report, form)
    save(tmp_path / "run", pipeline.stored(scored.assignment, NOTEBOOK, done))
    assert len(load(tmp_path / "run").evidence.answers) == len(before)


def test_a_guest_that_never_began_is_our_fault_and_no_verdict() -> None:
    with pytest.raises(SandboxError, match="before it ran anything"):
        graded(b"\xff" * 8)


def test_a_reader_that_raises_something_else_would_end_the_grading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(_: bytes) -> None:
        raise RecursionError

    monkeypatch.setattr(collect, "read", breaks)
    with pytest.raises(RecursionError):
        graded(frame(HELLO))
