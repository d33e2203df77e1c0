"""The matrix as a table: a row for each variant, a column of one letter for each problem."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.matrix import Mark, Matrix, Row, Verdict

SIGNS: dict[Verdict, tuple[str, str, str]] = {
    "kept": (".", "dim", "keeps all points"),
    "found": ("+", "green", "noticed, and named as stated"),
    "follows": ("-", "dim", "lost, since it rests on what is wrong"),
    "taken": (" ", "dim", "another variant of the same notebook sits here"),
    "lost": ("L", "bold red", "lost points that it must keep"),
    "not_noticed": ("?", "bold red", "not noticed"),
    "misnamed": ("M", "bold red", "named otherwise than stated"),
    "broke": ("!", "bold red", "grading broke"),
}
"""Sign, style and meaning."""


def show_matrix(matrix: Matrix, console: Console) -> None:
    """The table, what its signs mean, and a line of counts."""
    table = Table("", title=f"{matrix.assignment}: what grading makes of each variant", box=None)
    for problem in matrix.problems:
        table.add_column("\n".join(problem), vertical="bottom", width=1)
    table.add_column("")
    for row in matrix.rows:
        signs = [_sign(row.marks.get(problem)) for problem in matrix.problems]
        table.add_row(Text(row.name, style="bold red" if row.off else ""), *signs, _aside(row))
    console.print(table)
    shown = {mark.verdict for row in matrix.rows for mark in row.marks.values()}
    for verdict, (sign, style, meaning) in SIGNS.items():
        if verdict in shown and sign != " ":
            console.print(Text(f"  {sign}  ", style=style), Text(meaning), sep="")
    counts = ", ".join(f"{count} {kind}" for kind, count in matrix.counts().items())
    cells = sum(len(row.marks) for row in matrix.rows)
    off = len(matrix.off)
    told = f"{len(matrix.rows)} rows ({counts}), {cells} cells; rows that are off: {off or 'none'}"
    console.print(told, soft_wrap=True)


def _sign(mark: Mark | None) -> Text:
    if mark is None:
        return Text("!", style="bold red")
    sign, style, _ = SIGNS[mark.verdict]
    return Text(sign, style=style)


def _aside(row: Row) -> Text:
    """What the row as a whole earned, for the two notebooks of which only the sum counts."""
    if row.kind not in {"solution", "release"} or not row.marks:
        return Text("")
    earned = sum(mark.earned for mark in row.marks.values())
    return Text(f"{earned:g} of {sum(mark.possible for mark in row.marks.values()):g}")
