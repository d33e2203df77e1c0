"""Runs a notebook in the sandbox: the whole of it, or up to a training that gets another seed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from grader import sandbox
from grader.domain.check import Lab, Questions
from grader.domain.evidence import Evidence, ModuleAnswer
from grader.domain.gpu import GpuNeed
from grader.domain.job import JobSpec, Record, Retraining
from grader.domain.limits import Limits
from grader.domain.run import SecondRun, Stopped
from grader.errors import EvidenceError, SandboxError
from grader.evidence import Collector
from grader.scratch import scratch


@dataclass(frozen=True)
class Bench:
    """Where and with what a notebook is graded.

    Attributes:
        sandbox: where student code runs.
        lab: what judgements may use.
        secret: the course's, from which hidden inputs are drawn.
        data: folder that the sandbox shows at ``/data``, or None.
        limits: what the run may use, `threads` resolved.
        second_run: whether an unlucky training is repeated before points are lost.
        gpu: whether the notebook is run on a GPU; see `grader.domain.gpu`.
    """

    sandbox: sandbox.Sandbox
    lab: Lab
    secret: bytes
    data: Path | None
    limits: Limits
    second_run: bool = True
    gpu: GpuNeed = "none"


@dataclass(frozen=True)
class Inside:
    """What goes into the sandbox with a notebook.

    Attributes:
        spec: cells, probes, limits.
        asked: the probes with their arrays.
        files: folder whose contents lie beside the notebook, or None.
    """

    spec: JobSpec
    asked: Questions
    files: Path | None


def run(inside: Inside, bench: Bench, collector: Collector) -> Evidence:
    """Run the notebook in the sandbox and gather its evidence. Raises SandboxError."""
    refusals: list[str] = []

    def receive(chunk: bytes) -> None:
        try:
            collector.feed(chunk)
        except EvidenceError as error:
            refusals.append(str(error))
            raise sandbox.Refused(str(error), reason="evidence_broken") from None

    with scratch("job") as folder:
        sandbox.write_job(folder, inside.spec, inside.asked.arrays, inside.files)
        job = sandbox.Job(folder, bench.data, inside.spec.limits, gpu=bench.gpu)
        end = bench.sandbox.run(job, receive)
    if not collector.started:
        raise SandboxError(
            "guest_failed",
            f"the guest ended before it ran anything; its last words: {end.stderr[-2000:]!r}",
        )
    stopped = Stopped(reason="evidence_broken", message=refusals[0]) if refusals else end.stopped
    return collector.evidence(end.facts, stopped)


def run_again(
    first: Evidence,
    inside: Inside,
    again: tuple[Retraining, ...],
    bench: Bench,
    on_record: Callable[[Record], None],
) -> Evidence:
    """The evidence of a run and of a second one that repeats trainings with other seeds.

    The second run has the wall time that the first one left; where that is less than the trainings
    took, it is not begun. Raises SandboxError.
    """
    left = inside.spec.limits.wall_seconds - first.facts.seconds
    cells = [first.cell(item.cell) for item in again]
    if not again or left <= sum(cell.seconds for cell in cells if cell is not None):
        return first
    spec = _second(inside.spec, again, left)
    second = run(replace(inside, spec=spec), bench, Collector(spec, on_record))
    retrained = tuple(
        item
        for item in second.answers
        if isinstance(item.answer, ModuleAnswer) and item.answer.when == "retrained"
    )
    how = SecondRun(
        models=tuple(item.probe for item in again),
        seconds=second.facts.seconds,
        stopped=second.stopped,
    )
    return replace(first, answers=first.answers + retrained, second=how)


def _second(spec: JobSpec, again: tuple[Retraining, ...], seconds: float) -> JobSpec:
    last = max(item.cell for item in again)
    wanted = {item.probe for item in again}
    return spec.model_copy(
        update={
            "cells": tuple(cell for cell in spec.cells if cell.index <= last),
            "probes": tuple(probe for probe in spec.probes if probe.id in wanted),
            "limits": spec.limits.model_copy(update={"wall_seconds": seconds}),
            "again": again,
        }
    )
