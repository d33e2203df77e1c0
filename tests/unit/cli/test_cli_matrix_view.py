"""The matrix as staff see it, compared whole."""

import io

from rich.console import Console

from grader.cli.matrix_view import show_matrix
from grader.matrix import Mark, Matrix, Row, Verdict


def mark(verdict: Verdict, earned: float = 2) -> Mark:
    return Mark(verdict=verdict, earned=earned, possible=2)


ROWS = (
    Row(name="solution", kind="solution", marks={"fc": mark("kept"), "sum": mark("kept")}),
    Row(name="right_[way]", kind="right", marks={"fc": mark("kept"), "sum": mark("lost", 1)}),
    Row(name="no_bias", kind="flaw", marks={"fc": mark("found", 0), "sum": mark("taken", 0)}),
    Row(name="unseen", kind="flaw", marks={"fc": mark("not_noticed"), "sum": mark("follows", 0)}),
    Row(name="broken", kind="flaw", wrong="no slot is free"),
)
SHOWN = """\
   small: the matrix
              s
            f u
            c m
solution    . . 4 of 4
right_[way] . L
no_bias     +
unseen      ? -
broken      ! !
  .      3  all points kept
  +      1  points lost, and named as stated
  -      1  points lost with what the problem rests on
         1  left open: another variant of the notebook costs points there
  L      1  points lost that must be kept
  ?      1  mistake not noticed
5 rows (1 solution, 1 right, 3 flaw); rows that are off: 3
"""


def test_each_row_is_a_variant_and_each_column_a_problem() -> None:
    console = Console(width=80, file=io.StringIO(), record=True)
    matrix = Matrix(assignment="small", assignment_version="1", problems=("fc", "sum"), rows=ROWS)
    show_matrix(matrix, console)
    lines = [line.rstrip() for line in console.export_text().splitlines()]
    assert "\n".join(lines) + "\n" == SHOWN
