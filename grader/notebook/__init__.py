"""Bytes -> Submission: parse, validate, find the answers. Runs nothing."""

from grader.notebook.encoding import MAX_FILE_BYTES
from grader.notebook.parse import parse
from grader.notebook.raw import MAX_CELLS

__all__ = ["MAX_CELLS", "MAX_FILE_BYTES", "parse"]
