"""`grader batch`: a class of notebooks."""

import os
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from grader import reports, scoring, wiring
from grader.batch import (
    COUNTED,
    GRADES,
    MISTAKES,
    REPORT,
    Class,
    Result,
    find,
    grade_class,
)
from grader.cli.options import (
    AssignmentOption,
    LimitsOption,
    SandboxOrNoneOption,
    TrustOption,
    chosen_sandbox,
    parse_limits,
    require_trust,
)
from grader.cli.output import complain, out, plain, progress_bar
from grader.domain.codes import Catalogue
from grader.domain.report import ScoreReport
from grader.settings import Settings


def command(
    folder: Annotated[
        Path, typer.Argument(help="Folder of notebooks.", exists=True, file_okay=False)
    ],
    to: Annotated[
        Path, typer.Option("--out", help="Folder for reports, evidence, and the class's tables.")
    ],
    assignment: AssignmentOption = "cnn",
    workers: Annotated[
        int, typer.Option(min=1, help="Notebooks at once.", show_default="one for each CPU")
    ] = len(os.sched_getaffinity(0)),
    sandbox: SandboxOrNoneOption = "auto",
    i_trust_this_notebook: TrustOption = False,
    limits: LimitsOption = "",
) -> None:
    """Grade every notebook below a folder; goes on after a bad one, resumes where it stopped.

    Exit codes: 0 every notebook has a report or cannot be read, 4 some could not be graded (ours).
    """
    require_trust(sandbox, trusted=i_trust_this_notebook)
    settings = Settings()
    chosen = scoring.load(assignment)
    asked = wiring.limits(parse_limits(limits, chosen.limits), workers)
    box = chosen_sandbox(settings, sandbox)
    entries = find(folder)
    if not entries:
        raise typer.BadParameter(f"no notebook (*.ipynb) below {folder}", param_hint="FOLDER")
    to.mkdir(parents=True, exist_ok=True)
    group = Class(
        assignment=chosen,
        out=to,
        bench=lambda memo: wiring.bench(settings, chosen, box, memo, asked),
        finish=_write_html,
    )
    known = scoring.catalogue(chosen)
    results: list[Result] = []
    try:
        with progress_bar() as bar, closing(grade_class(entries, group, workers)) as running:
            task = bar.add_task("grading", total=len(entries))
            for result in running:
                results.append(result)
                bar.update(task, advance=1, description=_line(result))
                if result.report is None:
                    complain(plain(f"{result.key}: {result.error}"))
    except KeyboardInterrupt:
        box.close()
        complain(f"interrupted after {len(results)} of {len(entries)}: the same command resumes")
        raise
    finally:
        results.sort(key=lambda result: result.key)
        rows = [_row(result) for result in results]
        _write_class(rows, known, to)
    reports.print_class(rows, known, out)
    _summary(results, to)
    if any(r.ours or (r.report and r.report.status == "not_graded") for r in results):
        raise typer.Exit(4)


def _write_html(folder: Path, report: ScoreReport) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.html").write_text(reports.render(report, "html"), encoding="utf-8")


def _write_class(rows: list[reports.GradeRow], known: Catalogue, to: Path) -> None:
    for name, text in (
        (GRADES, reports.to_csv(rows)),
        (MISTAKES, reports.to_mistakes_csv(rows, known)),
        (COUNTED, reports.to_class_json(rows, known)),
    ):
        (to / name).write_text(text, encoding="utf-8", newline="")


def _line(result: Result) -> str:
    key = plain(result.key)
    if result.report is None:
        return f"{key}: {result.code}"
    return f"{key}: {result.report.earned:g}/{result.report.possible:g}"


def _row(result: Result) -> reports.GradeRow:
    error = f"{result.code}: {result.error}" if result.report is None else ""
    return reports.GradeRow(name=result.key, report=result.report, error=error)


def _summary(results: list[Result], to: Path) -> None:
    unreadable = sum(r.report is None and not r.ours for r in results)
    broke = sum(r.ours for r in results)
    resumed = sum(r.resumed for r in results)
    out.print(
        f"{len(results)} notebooks: {len(results) - unreadable - broke} graded "
        f"({resumed} of them before), {unreadable} unreadable, {broke} could not be graded"
    )
    out.print(
        f"In {to.resolve()}: {GRADES}, {MISTAKES} (who made which), {COUNTED}, */{REPORT}",
        soft_wrap=True,
        markup=False,
        highlight=False,
    )
