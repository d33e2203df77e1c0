"""Grades attacks for real: in the sandbox, against the exercise, on cut-down data."""

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from grader import pipeline
from grader.domain.assignment import Assignment
from grader.domain.check import Case, Lab
from grader.domain.report import ProblemReport, ScoreReport
from grader.notebook.variants import Notebook, code, to_bytes
from grader.pipeline import Graded
from grader.running import Bench
from grader.scoring import score

HANGING = 6
"""Seconds of a cell that does next to nothing: NumPy was imported by the agent, torch is not."""


class Arena:
    """Where attacks are graded; a notebook that several tests look at runs once."""

    def __init__(self, assignment: Assignment, bench: Bench) -> None:
        self.assignment = assignment
        self.bench = replace(bench, second_run=False)
        self._graded: dict[bytes, Graded] = {}

    def grade(self, cells: Iterable[str]) -> Graded:
        """Grade a notebook of these code cells."""
        data = to_bytes(of_cells(cells))
        if data not in self._graded:
            submission = pipeline.read(self.assignment, data, "attack.ipynb")
            self._graded[data] = pipeline.grade(self.assignment, submission, self.bench)
        return self._graded[data]

    def grade_anew(self, cells: Iterable[str]) -> Graded:
        """Grade it even where it ran before: by a weaker guest, say."""
        return self.grade_by(cells, self.assignment)

    def grade_hanging(self, cells: Iterable[str]) -> Graded:
        """Grade a notebook that hangs, and wait for no cell of it longer than a few seconds."""
        submission = pipeline.read(self.assignment, to_bytes(of_cells(cells)), "attack.ipynb")
        limits = self.bench.limits.model_copy(update={"cell_seconds": HANGING})
        return pipeline.grade(self.assignment, submission, replace(self.bench, limits=limits))

    def grade_by(self, cells: Iterable[str], assignment: Assignment) -> Graded:
        """Grade it by an assignment that asks and judges otherwise: one defence less."""
        submission = pipeline.read(assignment, to_bytes(of_cells(cells)), "attack.ipynb")
        return pipeline.grade(assignment, submission, self.bench)

    def grade_as(
        self, cells: Iterable[str], sha256: str, assignment: Assignment | None = None
    ) -> Graded:
        """Grade it with the hidden inputs of the notebook of that digest: one defence less."""
        by = assignment or self.assignment
        submission = pipeline.read(by, to_bytes(of_cells(cells)), "attack.ipynb")
        forged = submission.model_copy(update={"sha256": sha256})
        return pipeline.grade(by, forged, self.bench)

    def judged(
        self, graded: Graded, change: Callable[[Assignment], Assignment] = lambda same: same
    ) -> ScoreReport:
        """The same evidence judged once more, by an assignment with a defence less."""
        # A memo of its own: what a weak judge believed must not reach a strong one.
        lab = Lab(self.bench.lab.dataset)
        case = Case(graded.submission, graded.evidence, graded.hidden, lab)
        return score(change(self.assignment), case, graded.limits)


def of_cells(cells: Iterable[str]) -> Notebook:
    made = [code(f"cell-{number}", source) for number, source in enumerate(cells)]
    return {"cells": copy.deepcopy(made), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def points(report: ScoreReport) -> dict[str, float]:
    """What each problem earned."""
    return {problem.id: problem.earned for problem in report.problems}


def problem(report: ScoreReport, name: str) -> ProblemReport:
    return next(p for p in report.problems if p.id == name)


def gained(attack: ScoreReport, honest: ScoreReport) -> Mapping[str, float]:
    """Points that the attack earned beyond its honest part, by problem; empty where it holds."""
    mine, theirs = points(attack), points(honest)
    return {name: mine[name] - theirs[name] for name in mine if mine[name] > theirs[name]}


def broken(report: ScoreReport) -> list[str]:
    """What the grader could not cope with: every attack must end in a report that is no fault of
    ours."""
    faults = [f"{p.id}: {p.message}" for p in report.problems if p.status == "check_broke"]
    return faults if report.status == "graded" else [*faults, f"the report is {report.status}"]


def flagged(report: ScoreReport) -> set[str]:
    """Codes of what a TA is shown."""
    return {flag.code for flag in report.flags}


def said(graded: Graded) -> str:
    """All that the cells printed or raised: what attacks tell of themselves."""
    parts = []
    for cell in graded.evidence.cells:
        parts.append(cell.output)
        if cell.error is not None:
            parts.append(f"{cell.error.name}: {cell.error.message}")
    return "\n".join(parts)
