"""What a report says about itself in sentences, shared by the formats that people read."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from grader.domain.gpu import GpuFacts
from grader.domain.report import CheckReport, CheckStatus, RunReport, ScoreReport
from grader.reports.numbers import points, seconds, size
from grader.reports.text import line, words


class Status(NamedTuple):
    """How a status is shown; the word says it to those who see neither colour nor mark."""

    mark: str
    word: str
    style: str
    """In a terminal, as Rich names it."""


STATUSES: dict[CheckStatus, Status] = {
    "passed": Status("✓", "passed", "green"),
    "partial": Status("◐", "partial", "yellow"),
    "failed": Status("✗", "failed", "red"),
    "not_graded": Status("⊘", "not graded", "magenta"),
    "pending": Status("○", "pending", "blue"),
    "check_broke": Status("!", "our error", "bold red"),
}


def recognised(check: CheckReport) -> str:
    """The mistakes that were named, in words; empty where none was."""
    return ", ".join(map(words, check.codes)) if check.misconception else ""


class Fact(NamedTuple):
    """A line of the table about the run."""

    label: str
    value: str


def summary(report: ScoreReport) -> str:
    """One sentence on how many problems stand how."""
    total = len(report.problems)
    full = sum(p.status == "passed" for p in report.problems)
    waiting = sum(p.status == "pending" for p in report.problems)
    said = [f"{full} of {total} problems earned all their points"]
    if waiting:
        answers = "answer waits" if waiting == 1 else "answers wait"
        said.append(f"{waiting} {answers} for a person to read")
    lost = not_earned(report)
    if lost > 0.005 and report.status == "graded":
        said.append(f"{points(lost)} {'point was' if points(lost) == '1' else 'points were'} lost")
    return "; ".join(said) + "."


def not_earned(report: ScoreReport) -> float:
    """Points that the problems lost, without those that lateness cost."""
    late = 0.0 if report.late is None else report.late.points + report.late.pending
    return max(0.0, report.possible - report.earned - report.pending - late)


def late(report: ScoreReport) -> str:
    """What lateness cost, in sentences; empty where it was on time."""
    if (found := report.late) is None:
        return ""
    took = f"{points(found.points)} {'point' if points(found.points) == '1' else 'points'}"
    said = (
        f"Handed in late: due {_moment(found.due_at)}, received {_moment(found.received_at)}. "
        f"For that, {points(found.percent)} % of what the problems earned is taken off: {took}."
    )
    if found.pending:
        said += " What a person gives later loses the same share."
    return said


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def alarms(report: ScoreReport) -> tuple[str, ...]:
    """What must not be overlooked: points not final, limits hit, what a sandbox could not do."""
    return (
        *_not_final(report),
        *limits_hit(report.run),
        *(f"The sandbox warns: {line(warning)}" for warning in report.run.warnings),
    )


def _not_final(report: ScoreReport) -> Iterable[str]:
    if report.status == "graded":
        return
    broken = [line(p.title) for p in report.problems if p.status == "check_broke"]
    where = f" ({', '.join(broken)})" if broken else ""
    yield (
        f"These points are not final: one of our own checks broke{where}. "
        "The mistake is ours and costs no points; the submission will be graded again."
    )


_OUTLIVED = {"output", "processes"}
"""Limits that end neither a run nor a cell, by their codes in a run's `limits_hit`."""


def limits_hit(run: RunReport) -> tuple[str, ...]:
    """One sentence for each limit that the run or one of its cells met."""
    said: list[str] = []
    if run.stopped != "finished":
        because = f": {line(run.stopped_message)}" * bool(line(run.stopped_message))
        said.append(f"The run was stopped ({words(run.stopped)}){because}")
    for status, sentence in (
        ("timed_out", f"was interrupted at its limit of {seconds(run.limits.cell_seconds)}"),
        ("killed", "ended the kernel"),
        ("not_run", "did not run"),
    ):
        cells = [cell.index for cell in run.cells if cell.status == status]
        if cells:
            said.append(f"Cell {_ranges(cells)} {sentence}.")
    said += [line(hit.message) for hit in run.limits_hit if hit.code in _OUTLIVED]
    return tuple(said)


def limit_hit(run: RunReport) -> str:
    """The first limit that the run or one of its cells met; ``none`` where none was."""
    if run.stopped != "finished":
        return words(run.stopped)
    if any(c.status == "timed_out" for c in run.cells):
        return "time of a cell"
    return next((words(hit.code) for hit in run.limits_hit if hit.code in _OUTLIVED), "none")


def _ranges(numbers: list[int]) -> str:
    """``[3, 4, 5, 9]`` as ``3 to 5, 9``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]} to {r[-1]}" for r in runs)


def _cpu(run: RunReport) -> str:
    return "not measured" if run.cpu_seconds is None else seconds(run.cpu_seconds)


def run_facts(run: RunReport) -> tuple[Fact, ...]:
    """The run in a few lines: how long, how much, where, under which limits."""
    failed = sum(cell.error is not None for cell in run.cells)
    peak = "not measured" if run.peak_memory_bytes is None else size(run.peak_memory_bytes)
    facts = [
        Fact("Run time", f"{seconds(run.seconds)} (limit {seconds(run.limits.wall_seconds)})"),
        Fact("CPU time", _cpu(run)),
        Fact("Peak memory", f"{peak} (limit {size(run.limits.memory_bytes)})"),
        Fact("Cells", f"{len(run.cells)} of code, {failed or 'none'} with an error"),
        Fact("Limit hit", limit_hit(run)),
        Fact("Sandbox", line(run.sandbox)),
        Fact("Protections", ", ".join(map(words, run.protections)) or "none reported"),
    ]
    if run.image is not None:
        facts.append(Fact("Image", line(run.image)))
    if run.device:
        facts.append(Fact("Device", _device(run)))
    if run.gpu is not None:
        facts.append(Fact("GPU", _gpu(run.gpu)))
    if run.python:
        facts.append(Fact("Python", line(run.python)))
    versions = [f"{line(name)} {line(version)}" for name, version in run.libraries.items()]
    if versions:
        facts.append(Fact("Libraries", ", ".join(versions)))
    return (*facts, *_drawn(run))


def _drawn(run: RunReport) -> Iterable[Fact]:
    """What the judgement was drawn from, and what was drawn once more."""
    if run.data:
        digests = (f"{line(name)} ({line(digest)[:8]})" for name, digest in run.data.items())
        yield Fact("Judged with", ", ".join(digests))
    if run.seed_id:
        yield Fact("Hidden inputs", line(run.seed_id))
    if run.second is not None:
        models = ", ".join(map(line, run.second.models))
        took = f"{seconds(run.second.seconds)}, {words(run.second.stopped)}"
        yield Fact("Trained once more", f"{models} ({took})")


def _gpu(gpu: GpuFacts) -> str:
    peak = gpu.peak_memory_bytes
    held = "memory not measured" if peak is None else f"peak {size(peak)}"
    shared = "" if gpu.share == 1 else f", a share of {gpu.share:.0%}"
    return f"{line(gpu.name)}: {held} of {size(gpu.memory_bytes)}{shared}"


def _device(run: RunReport) -> str:
    if not run.threads:
        return line(run.device)
    return f"{line(run.device)}, {run.threads} thread{'s' * (run.threads != 1)}"
