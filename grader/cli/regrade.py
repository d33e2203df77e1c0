"""`grader regrade`: stored evidence under today's assignment."""

from pathlib import Path
from typing import Annotated

import typer

from grader import pipeline, reports, scoring, wiring
from grader.cli.options import AssignmentOption
from grader.cli.output import complain, out, write
from grader.domain.report import ScoreReport
from grader.errors import GraderError
from grader.settings import Settings
from grader.store import MEMO, RUN, FileMemo, load


def command(
    evidence: Annotated[
        list[Path],
        typer.Argument(help="Folders of stored runs, or folders that hold some.", exists=True),
    ],
    assignment: AssignmentOption = "cnn",
    json: Annotated[
        Path | None, typer.Option(help="Write all reports here, one JSON object a line; - works.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write the HTML report of a single run here.")
    ] = None,
) -> None:
    """Score stored evidence again. Runs nothing: only the judgements are made anew."""
    settings = Settings()
    chosen = scoring.load(assignment)
    folders = [found for path in evidence for found in stored_runs(path)]
    if not folders:
        raise typer.BadParameter("no stored run there: expected a folder with run.json")
    done: list[ScoreReport] = []
    failed: list[str] = []
    for folder in folders:
        try:
            lab = wiring.lab(settings, FileMemo(folder / MEMO))
            done.append(pipeline.regrade(chosen, load(folder), lab))
        except GraderError as error:
            failed.append(f"{folder}: {error}")
            complain(failed[-1])
    if json is not None:
        write(json, "".join(reports.to_json(report, indent=None) for report in done))
    if html is not None and len(done) == 1:
        write(html, reports.render(done[0], "html"))
    if str(json) != "-":
        if len(done) == 1:
            reports.print_table(done[0], out)
        else:
            reports.print_class(done, out)
    if failed or any(report.status == "not_graded" for report in done):
        raise typer.Exit(4)


def stored_runs(path: Path) -> list[Path]:
    """The stored runs at or below a path, in the order of their paths."""
    return sorted(
        found.parent for found in ([path / RUN] if (path / RUN).is_file() else path.rglob(RUN))
    )
