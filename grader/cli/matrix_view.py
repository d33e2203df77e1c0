"""The matrix as a table: a row for each variant, a column of one letter for each problem."""

from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.matrix import Mark, Matrix, Row, Verdict

SIGNS: dict[Verdict, tuple[str, str, str]] = {
    "kept": (".", "dim", "all points kept"),
    "found": ("+", "green", "points lost, and named as stated"),
    "follows": ("-", "dim", "points lost with what the problem rests on"),
    "taken": (" ", "dim", "left open: another variant of the notebook costs points there"),
    "lost": ("L", "bold red", "points lost that must be kept"),
    "not_noticed": ("?", "bold red", "mistake not noticed"),
    "misnamed": ("M", "bold red", "mistake named otherwise than stated"),
    "broke": ("!", "bold red", "not judged: our fault"),
}
"""Sign, style and meaning of a cell."""


def show_matrix(matrix: Matrix, console: Console) -> None:
    """The table, what its signs mean and how often they come, and a line of counts."""
    table = Table("", box=None, padding=(0, 1, 0, 0), title=f"{matrix.assignment}: the matrix")
    table.columns[0].no_wrap = True
    for problem in matrix.problems:
        table.add_column("\n".join(problem), vertical="bottom", width=1)
    table.add_column("", no_wrap=True)
    for row in matrix.rows:
        signs = [_sign(row.marks.get(problem)) for problem in matrix.problems]
        table.add_row(Text(row.name, style="bold red" if row.off else ""), *signs, _sum(row))
    console.print(table)
    counted = [row for row in matrix.rows if row.kind != "release"]
    shown = Counter(mark.verdict for row in counted for mark in row.marks.values())
    for verdict, (sign, style, meaning) in SIGNS.items():
        if verdict in shown:
            console.print(
                Text(f"  {sign}", style), Text(f" {shown[verdict]:>6,}  {meaning}"), sep=""
            )
    counts = ", ".join(f"{count} {kind}" for kind, count in matrix.counts().items())
    off = len(matrix.off) or "none"
    console.print(f"{len(matrix.rows)} rows ({counts}); rows that are off: {off}", soft_wrap=True)


def _sign(mark: Mark | None) -> Text:
    sign, style, _ = SIGNS[mark.verdict if mark else "broke"]
    return Text(sign, style)


def _sum(row: Row) -> str:
    """What the two notebooks earned of which the sum counts."""
    if row.kind not in {"solution", "release"} or not row.marks:
        return ""
    marks = row.marks.values()
    return f"{sum(m.earned for m in marks):g} of {sum(m.possible for m in marks):g}"
