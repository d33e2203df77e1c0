"""`grader grade`: one notebook."""

from pathlib import Path
from typing import Annotated

import typer

from grader import pipeline, scoring, wiring
from grader.cli.exits import Exit, code_of_report
from grader.cli.live_view import LiveView
from grader.cli.options import (
    AssignmentOption,
    FailUnderOption,
    HtmlOption,
    JsonOption,
    LimitsOption,
    NotebookArgument,
    SandboxOrNoneOption,
    TrustOption,
    chosen_sandbox,
    parse_limits,
    require_trust,
)
from grader.cli.output import err
from grader.cli.results import show
from grader.domain.check import DictMemo
from grader.notebook import MAX_FILE_BYTES
from grader.settings import Settings
from grader.store import MEMO, FileMemo, require_usable, save


def command(
    notebook: NotebookArgument,
    assignment: AssignmentOption = "cnn",
    json: JsonOption = None,
    html: HtmlOption = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the Markdown report here.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML here, for CI.")] = None,
    sandbox: SandboxOrNoneOption = "auto",
    i_trust_this_notebook: TrustOption = False,
    limits: LimitsOption = "",
    evidence: Annotated[
        Path | None, typer.Option(help="Keep the run's evidence in this folder, for `regrade`.")
    ] = None,
    fail_under: FailUnderOption = None,
) -> None:
    """Run a notebook in a sandbox and score it.

    Exit codes: 0 graded, 1 below --fail-under, 2 usage, 3 the notebook cannot be read, 4 it could
    not be graded (our fault).
    """
    require_trust(sandbox, trusted=i_trust_this_notebook)
    if evidence is not None:
        require_usable(evidence)
    settings = Settings()
    chosen = scoring.load(assignment)
    asked = wiring.limits(parse_limits(limits, chosen.limits))
    with notebook.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    submission = pipeline.read(chosen, data, notebook.name)
    box = chosen_sandbox(settings, sandbox)
    memo = DictMemo()
    bench = wiring.bench(settings, chosen, box, memo, asked)
    with LiveView(err, chosen) as view:
        graded = pipeline.grade(chosen, submission, bench, view)
    show(graded.report, {"json": json, "html": html, "markdown": markdown, "junit": junit})
    if evidence is not None:
        save(evidence, pipeline.stored(chosen, data, graded))
        kept = FileMemo(evidence / MEMO)
        for key, value in memo.values.items():
            kept.put(key, value)
    code = code_of_report(graded.report, fail_under)
    if code is not Exit.GRADED:
        raise typer.Exit(code)
