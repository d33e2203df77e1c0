"""A class in the terminal: how each problem went, and which mistakes are common."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean, median

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.domain.report import ProblemReport, ScoreReport
from grader.reports.numbers import points
from grader.reports.text import line, words

SHOWN_MISTAKES = 3
"""Misconceptions named for each problem."""


@dataclass
class _Column:
    """One problem over the class.

    Attributes:
        shares: earned of what is decided, 0 to 1; nothing for those that broke or wait.
        pending: submissions in which a person has yet to give points.
        mistakes: how many submissions have each misconception.
    """

    title: str
    shares: list[float] = field(default_factory=list)
    pending: int = 0
    mistakes: Counter[str] = field(default_factory=Counter)

    def add(self, problem: ProblemReport) -> None:
        """Count one submission's problem."""
        self.mistakes.update({c.misconception for c in problem.checks if c.misconception})
        self.pending += problem.pending > 0
        decided = problem.possible - problem.pending
        if problem.status != "check_broke" and decided > 0:
            self.shares.append(min(1.0, problem.earned / decided))


def print_class(reports: Sequence[ScoreReport], console: Console) -> None:
    """Means, full and zero marks by problem; the scores' spread; the commonest misconceptions.

    Points that wait for a person count for nobody, and reports that are not final (one of our
    checks broke) are left out of the spread.
    """
    if not reports:
        console.print(Text("No report to sum up."))
        return
    columns: dict[str, _Column] = {}
    for report in reports:
        for problem in report.problems:
            columns.setdefault(problem.id, _Column(line(problem.title))).add(problem)
    console.print(_table(list(columns.values())))
    _print_mistakes(list(columns.values()), console)
    for said in _spread(reports):
        console.print(Text(said))


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


def _print_mistakes(columns: Sequence[_Column], console: Console) -> None:
    known = [column for column in columns if column.mistakes]
    if not known:
        return
    console.print(Text("\nCommonest mistakes", style="bold"))
    for column in known:
        ordered = sorted(column.mistakes.items(), key=lambda item: (-item[1], item[0]))
        told = ", ".join(f"{words(name)} ({n})" for name, n in ordered[:SHOWN_MISTAKES])
        console.print(Text(f"  {column.title}: {told}"))


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
