"""An exception, as data."""

from grader.domain.base import Frozen, Short, Text


class Raised(Frozen):
    """An exception that student code raised."""

    name: Short
    """Class, such as ``ValueError``."""
    message: Text
    line: Short | None = None
    """The student's line that raised it, where known."""
