"""The matrix: `grader assignment check` proves that a rubric does what its staff think."""

from grader.matrix.marks import Mark, Matrix, Row, Verdict
from grader.matrix.prove import Proof, Sheet, misfits, notebook_of, prove, sheets, suspects

__all__ = [
    "Mark",
    "Matrix",
    "Proof",
    "Row",
    "Sheet",
    "Verdict",
    "misfits",
    "notebook_of",
    "prove",
    "sheets",
    "suspects",
]
