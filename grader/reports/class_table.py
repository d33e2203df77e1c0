"""A class in the terminal: how each problem went, and which mistakes are common."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from statistics import fmean, median

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.domain.codes import Catalogue
from grader.domain.report import ProblemReport, ScoreReport
from grader.reports.mistakes import GradeRow, Tally, tallies
from grader.reports.numbers import points
from grader.reports.text import line

SHOWN_MISTAKES = 8
"""Mistakes told for each problem; the CSV has all."""


@dataclass
class _Column:
    """One problem over the class.

    Attributes:
        shares: earned of what is decided, 0 to 1; nothing for those that broke or wait.
        pending: submissions in which a person has yet to give points.
    """

    title: str
    shares: list[float] = field(default_factory=list)
    pending: int = 0

    def add(self, problem: ProblemReport) -> None:
        """Count one submission's problem."""
        self.pending += problem.pending > 0
        decided = problem.possible - problem.pending
        if problem.status != "check_broke" and decided > 0:
            self.shares.append(min(1.0, problem.earned / decided))


def print_class(rows: Sequence[GradeRow], catalogue: Catalogue, console: Console) -> None:
    """Means, full and zero marks by problem; the scores' spread; how often each mistake was made.

    Points that wait for a person count for nobody, and reports that are not final (one of our
    checks broke) are left out of the spread.
    """
    reports = [row.report for row in rows if row.report is not None]
    if not reports:
        console.print(Text("No report to sum up."))
        return
    columns: dict[str, _Column] = {}
    for report in reports:
        for problem in report.problems:
            columns.setdefault(problem.id, _Column(line(problem.title))).add(problem)
    console.print(_table(list(columns.values())))
    for said in _spread(reports):
        console.print(Text(said))
    _print_mistakes(tallies(rows, catalogue), console)


def _table(columns: Sequence[_Column]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Problem", ratio=1, overflow="fold")
    for heading in ("Mean", "Full", "Zero", "Pending"):
        table.add_column(heading, justify="right", no_wrap=True)
    for column in columns:
        mean = f"{100 * fmean(column.shares):.0f} %" if column.shares else "-"
        table.add_row(
            Text(column.title),
            mean,
            str(sum(share >= 1 for share in column.shares)),
            str(sum(share == 0 for share in column.shares)),
            str(column.pending or "-"),
        )
    return table


def _print_mistakes(counted: Sequence[Tally], console: Console) -> None:
    if not counted:
        return
    console.print(Text("\nMistakes", style="bold"))
    for _, group in groupby(counted, key=lambda tally: tally.problem):
        of_problem = list(group)
        console.print(Text(f"  {line(of_problem[0].title)}"))
        for tally in of_problem[:SHOWN_MISTAKES]:
            console.print(Padding(Text(line(tally.sentence)), (0, 0, 0, 4), expand=False))
        if len(of_problem) > SHOWN_MISTAKES:
            console.print(Text(f"    and {len(of_problem) - SHOWN_MISTAKES} more"))


def _spread(reports: Sequence[ScoreReport]) -> list[str]:
    final = [report for report in reports if report.status == "graded"]
    waiting = sum(report.pending > 0 for report in reports)
    said = [""]
    if final:
        earned = [report.earned for report in final]
        possible = max(report.possible for report in final)
        said.append(
            f"Scores of {len(final)}: mean {points(fmean(earned))}, "
            f"median {points(median(earned))}, "
            f"lowest {points(min(earned))}, highest {points(max(earned))}, of {points(possible)}"
        )
    if len(final) < len(reports):
        said.append(f"Not final, since a check of ours broke: {len(reports) - len(final)}")
    if waiting:
        said.append(f"With points that wait for a person: {waiting}")
    return said
