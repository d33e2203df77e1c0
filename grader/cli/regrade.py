"""`grader regrade`: stored evidence under today's assignment."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import typer

from grader import pipeline, reports, scoring, wiring
from grader.cli.output import complain, out, plain, write
from grader.domain.assignment import Assignment
from grader.domain.report import ScoreReport
from grader.errors import GraderError
from grader.settings import Settings
from grader.store import MEMO, RUN, FileMemo, files_below, load

MANY = 8
"""From so many runs on, starting other processes costs less than it saves."""


@dataclass(frozen=True)
class Regraded:
    """How one stored run went: its report, or why there is none."""

    report: ScoreReport | None
    error: str = ""


def command(
    evidence: Annotated[
        list[Path],
        typer.Argument(help="Folders of stored runs, or folders that hold some.", exists=True),
    ],
    assignment: Annotated[
        str | None,
        typer.Option(
            "--assignment",
            "-a",
            help="Id of an installed assignment, or a .py file that defines one.",
            show_default="the one that was run",
        ),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(help="Write all reports here, one JSON object a line; - works.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write the HTML report of a single run here.")
    ] = None,
) -> None:
    """Score stored evidence again. Runs nothing: only the judgements are made anew."""
    folders = [found for path in evidence for found in stored_runs(path)]
    if not folders:
        raise typer.BadParameter("no stored run there: expected a folder with run.json")
    if assignment is not None:
        _assignment(assignment)
    results = list(_all(folders, assignment))
    done = [result.report for result in results if result.report is not None]
    for result in results:
        if result.report is None:
            complain(plain(result.error))
    if json is not None:
        write(json, "".join(reports.to_json(report, indent=None) for report in done))
    if html is not None and len(done) == 1:
        write(html, reports.render(done[0], "html"))
    if str(json) != "-":
        _show(folders, results, assignment)
    if len(done) < len(results) or any(report.status == "not_graded" for report in done):
        raise typer.Exit(4)


def _show(folders: Sequence[Path], results: Sequence[Regraded], assignment: str | None) -> None:
    done = [result.report for result in results if result.report is not None]
    if len(done) == 1:
        reports.print_table(done[0], out)
    elif done:
        rows = [
            reports.GradeRow(name=str(folder), report=result.report, error=result.error)
            for folder, result in zip(folders, results, strict=True)
        ]
        known = scoring.catalogue(_assignment(assignment or done[0].assignment))
        reports.print_class(rows, known, out)


def stored_runs(path: Path) -> list[Path]:
    """The stored runs at or below a path, in the order of their paths."""
    return sorted(
        found.parent
        for found in ([path / RUN] if (path / RUN).is_file() else files_below(path, RUN))
    )


def _all(folders: Sequence[Path], assignment: str | None) -> Iterator[Regraded]:
    """One result for each folder, in their order; many are shared among processes.

    The first is done here, so that assignment and torch are imported once and the others begin
    with them. Forking is safe: judgements have one thread (`grader.cli.app`).
    """
    one = partial(regrade, assignment=assignment)
    workers = len(os.sched_getaffinity(0))
    if len(folders) < MANY or workers == 1:
        yield from map(one, folders)
        return
    yield one(folders[0])
    workers = min(workers, len(folders) // (MANY // 2))
    chunk = -(-len(folders) // (4 * workers))
    try:
        with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
            yield from pool.map(one, folders[1:], chunksize=chunk)
    except BrokenProcessPool as error:
        raise GraderError("a process that regraded died, maybe for lack of memory") from error


def regrade(folder: Path, assignment: str | None) -> Regraded:
    """Score one stored run, under the named assignment or the one that was run."""
    try:
        run = load(folder)
        lab = wiring.lab(Settings(), FileMemo(folder / MEMO))
        return Regraded(pipeline.regrade(_assignment(assignment or run.assignment), run, lab))
    except GraderError as error:
        return Regraded(None, f"{folder}: {error}")


@cache
def _assignment(name: str) -> Assignment:
    return scoring.load(name)
