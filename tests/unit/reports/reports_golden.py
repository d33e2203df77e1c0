"""Every format of every example, as the golden files keep it.

After a wanted change, write the files anew and read the difference before you commit it::

    .venv/bin/python tests/unit/reports/reports_golden.py
"""

import io
import json
from collections.abc import Callable
from pathlib import Path

from reports_examples import EXAMPLES
from rich.console import Console

from grader import reports
from grader.domain.codes import Catalogue, Code
from grader.domain.report import ScoreReport

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = Path(__file__).parents[3] / "docs" / "report.schema.json"
CATALOGUE = Catalogue(
    codes=(
        Code(
            id="kernel_not_flipped",
            problems=("conv1d",),
            sentences=("The filter is not flipped.",),
            brief="forgot to flip the kernel",
        ),
        Code(
            id="kernel_died",
            sentences=("The notebook's Python process ended.",),
            brief="ended Python before it was reached",
        ),
    )
)
ENDINGS = {"json": "json", "html": "html", "markdown": "md", "junit": "xml"}


def terminal(show: Callable[[Console], None], width: int, *, colour: bool = False) -> str:
    """What a console of this width is sent."""
    stream = io.StringIO()
    show(
        Console(
            file=stream,
            width=width,
            force_terminal=colour,
            color_system="truecolor" if colour else None,
            _environ={},
        )
    )
    return stream.getvalue()


def rows() -> list[reports.GradeRow]:
    """A class of the examples, and a notebook without a report."""
    graded = [
        reports.GradeRow(name=name, report=make(), error=": ") for name, make in EXAMPLES.items()
    ]
    missing = reports.GradeRow(name="broken", report=None, error="not_json: line 1 is no JSON")
    return [*graded, missing]


def files() -> dict[str, str]:
    """Name of each golden file, and what belongs in it."""
    known: dict[str, str] = {}
    for name, make in EXAMPLES.items():
        report = make()
        for form, ending in ENDINGS.items():
            known[f"{name}.{ending}"] = reports.render(report, form)
        for width in (60, 120):
            known[f"{name}.{width}.txt"] = terminal(_shown(report), width)
    known["class.txt"] = terminal(
        lambda console: reports.print_class(rows(), CATALOGUE, console), 80
    )
    known["grades.csv"] = reports.to_csv(rows())
    known["mistakes.csv"] = reports.to_mistakes_csv(rows(), CATALOGUE)
    known["class.json"] = reports.to_class_json(rows(), CATALOGUE)
    return known


def _shown(report: ScoreReport) -> Callable[[Console], None]:
    return lambda console: reports.print_table(report, console)


def schema() -> str:
    """The published JSON Schema."""
    return json.dumps(reports.schema(), indent=2) + "\n"


if __name__ == "__main__":
    for name, text in files().items():
        (GOLDEN / name).write_bytes(text.encode())
    SCHEMA.write_bytes(schema().encode())
