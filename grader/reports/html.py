"""The report for students and TAs: one HTML file that needs nothing else and runs nothing.

Every expression of the templates passes `_shown`, which cleans text, and then Jinja's escaping; no
template marks a string as safe. The style sheet is ours and inlined; a Content-Security-Policy
forbids everything else, scripts first of all.
"""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from grader.domain.detail import Confusion, Detail, LayerTable
from grader.domain.report import CheckReport, ProblemReport, ScoreReport
from grader.reports import facts, numbers
from grader.reports.chart import chart
from grader.reports.text import block, line, words


def to_html(report: ScoreReport) -> str:
    """One self-contained file: no script, no link to anything outside it."""
    return _ENVIRONMENT.get_template("report.html.j2").render(
        report=report,
        summary=facts.summary(report),
        alarms=facts.alarms(report),
        run_facts=facts.run_facts(report.run),
        failed_cells=[cell for cell in report.run.cells if cell.error is not None],
        late=facts.late(report),
        lost=facts.not_earned(report),
    )


def _shown(value: Any) -> Any:
    if isinstance(value, Markup):
        return value
    return block(value) if isinstance(value, str) else value


def _is_open(check: CheckReport) -> bool:
    """Evidence is unfolded where points were lost or a person has to read it."""
    return check.status != "passed"


def _tone(problem: ProblemReport) -> str:
    return problem.status.replace("_", "-")


def _confusion(matrix: Confusion) -> dict[str, Any]:
    """Rows with shades: the diagonal by its share of the class, mistakes by the largest mistake."""
    worst = max(
        (n for i, row in enumerate(matrix.counts) for j, n in enumerate(row) if i != j), default=0
    )
    rows = []
    for true, row in enumerate(matrix.counts):
        hit = row[true] if true < len(row) else 0
        cells = [
            {
                "count": n,
                "hit": i == true,
                "shade": round(numbers.share(n, sum(row) if i == true else worst)),
            }
            for i, n in enumerate(row)
        ]
        rows.append({"cells": cells, "recall": numbers.share(hit, sum(row))})
    total = sum(sum(row) for row in matrix.counts)
    hits = sum(row[i] for i, row in enumerate(matrix.counts) if i < len(row))
    width = max((len(row) for row in matrix.counts), default=0)
    return {"rows": rows, "width": width, "total": total, "accuracy": numbers.share(hits, total)}


def _mismatches(table: LayerTable) -> int:
    return sum(not row.matches for row in table.rows)


def _label(detail: Detail) -> str:
    """What a fold calls the evidence inside."""
    return {
        "comparison": "comparison",
        "layers": "layers",
        "plot": "plot",
        "confusion": "confusion matrix",
        "text": "your text",
        "note": "note",
    }[detail.kind]


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("grader.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        line=line,
        words=words,
        points=numbers.points,
        seconds=numbers.seconds,
        count=numbers.count,
        tone=_tone,
        label=_label,
        recognised=facts.recognised,
        chart=chart,
        confusion=_confusion,
        mismatches=_mismatches,
    )
    environment.tests["unfolded"] = _is_open
    environment.globals.update(share=numbers.share, statuses=facts.STATUSES)
    return environment


_ENVIRONMENT = _environment()
