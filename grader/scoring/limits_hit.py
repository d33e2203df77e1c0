"""Which limits a run ran into, and in which cell: a student must read why something is missing."""

from collections.abc import Iterator

from grader.domain.evidence import Evidence
from grader.domain.limits import MIB, Limits
from grader.domain.report import LimitHit
from grader.domain.run import CellRun, Stopped


def limits_hit(evidence: Evidence, limits: Limits) -> Iterator[LimitHit]:
    """Every limit once for each cell that met it, those that ended the run first."""
    if evidence.stopped.reason != "finished":
        yield _stopped(evidence.stopped, limits)
    for cell in evidence.cells:
        yield from _in_cell(cell, evidence.stopped, limits)
    if evidence.facts.forks_denied:
        yield LimitHit(
            code="processes",
            cell=None,
            message=f"More than {limits.processes} processes and threads were wanted at once; "
            f"{evidence.facts.forks_denied} could not be started.",
        )


def _stopped(stopped: Stopped, limits: Limits) -> LimitHit:
    sentences = {
        "wall_time": f"The notebook ran for {limits.wall_seconds:g} s, the most it may; "
        "cells after that did not run.",
        "memory": f"The notebook wanted more than {limits.memory_bytes / MIB:g} MiB of memory and "
        "was ended.",
        "kernel_died": "The kernel died; cells after that did not run.",
        "killed": "The run was killed from inside; cells after that did not run.",
        "output": f"The notebook printed more than {limits.output_bytes / MIB:g} MiB.",
        "processes": f"The notebook wanted more than {limits.processes} processes.",
        "evidence_too_large": "The notebook sent more results than can be taken.",
        "evidence_broken": "What came out of the sandbox was not in the form it must have.",
    }
    sentence = sentences[stopped.reason]
    where = "" if stopped.cell is None else f"In cell {stopped.cell}: "
    return LimitHit(code=stopped.reason, cell=stopped.cell, message=where + sentence)


def _in_cell(cell: CellRun, stopped: Stopped, limits: Limits) -> Iterator[LimitHit]:
    if cell.status == "timed_out" and stopped.cell != cell.index:
        message = f"Cell {cell.index} was interrupted after {limits.cell_seconds:g} s."
        yield LimitHit(code="cell_seconds", cell=cell.index, message=message)
    if cell.truncated:
        message = (
            f"Cell {cell.index} printed more than {limits.cell_output_bytes / MIB:g} MiB; "
            "the rest was cut."
        )
        yield LimitHit(code="output", cell=cell.index, message=message)
