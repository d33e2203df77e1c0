"""A small assignment, whose problems are numbers in the markdown, and a sandbox that runs it."""

import json
from collections.abc import Iterable

from grader.checks.answers import StatedNumber, WrongNumber
from grader.domain.assignment import Assignment, Problem
from grader.domain.check import Case, Check, Lab, Labelled
from grader.domain.limits import Limits
from grader.domain.outcome import Outcome, Passed
from grader.domain.question import Question
from grader.domain.variant import Variant
from grader.evidence import pack
from grader.matrix import Proof, Row, prove, sheets
from grader.notebook.variants import code
from grader.running import Bench
from grader.sandbox import FakeSandbox, Job

ANSWERS = {"sum": 5, "product": 6, "both": 11}
"""2 + 3, 2 * 3, and these two added up."""


def problem(name: str, rests_on: tuple[str, ...] = ()) -> Problem:
    question = Question(id=name, title=name, anchors=(f"what is the {name}",))
    mistakes = (
        WrongNumber(id=f"{name}_off_by_one", value=ANSWERS[name] + 1, share=0.5, sentence="?"),
    )
    check = StatedNumber(question=question, expected=ANSWERS[name], misconceptions=mistakes)
    return Problem(id=name, title=name, points=4, checks=(check,), rests_on=rests_on)


def notebook(answers: dict[str, str]) -> str:
    cells: list[dict[str, object]] = []
    for name, answer in answers.items():
        cells += [
            {"id": name, "source": f"What is the {name}?"},
            {"id": f"{name}-answer", "source": f"The {name} is {answer}"},
        ]
    cells = [{"cell_type": "markdown", "metadata": {}, **cell} for cell in cells]
    cells.append(code("last", "1 + 1"))
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


def flaw(name: str, concerns: dict[str, str | None], **says: str) -> Variant:
    changes = {f"The {key} is {ANSWERS[key]}.": f"The {key} is {new}." for key, new in says.items()}
    return Variant(name=name, concerns=concerns, changes=changes)


def right(name: str, concerns: dict[str, str | None], **says: str) -> Variant:
    return flaw(name, concerns, **says).model_copy(update={"right": True})


SUM = flaw("sum_off", {"sum": "sum_off_by_one"}, sum="6")
PRODUCT = flaw("product_off", {"product": None}, product="60")


class Given(Check):
    """Points for nothing."""

    @property
    def id(self) -> str:
        return "given"

    def judge(self, case: Case) -> Outcome:
        return Passed(message="Here you are.")


def guest(job: Job) -> Iterable[bytes]:
    """What the guest writes about a notebook whose cells all run."""
    yield from told(job, "ok", {"reason": "finished"})


def told(job: Job, status: str, end: dict[str, str]) -> Iterable[bytes]:
    """What it writes where each cell ends like that, and the run."""
    records: list[dict[str, object]] = [{"type": "hello", "environment": {}}]
    for cell in json.loads((job.folder / "job.json").read_text())["cells"]:
        cell_run = {"index": cell["index"], "status": status}
        records.append({"type": "cell_finished", "cell": cell_run})
    for record in (*records, {"type": "end", **end}):
        yield pack(json.dumps(record).encode())


def no_data(name: str) -> Labelled:
    raise AssertionError(name)


BENCH = Bench(
    sandbox=FakeSandbox(guest),
    lab=Lab(dataset=no_data),
    secret=b"secret",
    data=None,
    limits=Limits(threads=1),
)


def graded(small: Assignment, *variants: Variant, only: tuple[str, ...] = ()) -> dict[str, Row]:
    chosen = small.model_copy(update={"variants": variants})
    proven = prove(sheets(chosen, only), Proof(chosen, BENCH), workers=2)
    rows = [row for finished in proven for row in finished]
    assert len({row.name for row in rows}) == len(rows)
    return {row.name: row for row in rows}


def verdicts(row: Row) -> list[str]:
    return [row.marks[name].verdict for name in ANSWERS]
