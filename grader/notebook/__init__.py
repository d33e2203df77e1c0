"""Bytes -> Submission: parse, validate, find the answers. Runs nothing."""

from grader.notebook.digest import code_digest
from grader.notebook.encoding import MAX_FILE_BYTES
from grader.notebook.parse import parse
from grader.notebook.raw import MAX_CELLS
from grader.notebook.trains import trains

__all__ = ["MAX_CELLS", "MAX_FILE_BYTES", "code_digest", "parse", "trains"]
