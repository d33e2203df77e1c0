"""Exit codes: what a script learns from a command."""

from enum import IntEnum

from grader.domain.report import ScoreReport
from grader.errors import (
    AccessError,
    AssignmentError,
    GraderError,
    ServiceError,
    SubmissionError,
)


class Exit(IntEnum):
    """How a command ended."""

    GRADED = 0
    BELOW = 1
    """Graded, with fewer points than ``--fail-under``."""
    USAGE = 2
    UNREADABLE = 3
    """The submission cannot be read: the student's side."""
    NOT_GRADED = 4
    """Could not be graded: our side; run it again."""


def code_of(error: GraderError) -> Exit:
    """The exit code that an error stands for."""
    if isinstance(error, SubmissionError):
        return Exit.UNREADABLE
    if isinstance(error, ServiceError):
        refused = 400 <= error.status < 500
        return Exit.USAGE if refused else Exit.NOT_GRADED
    return Exit.USAGE if isinstance(error, AssignmentError | AccessError) else Exit.NOT_GRADED


def code_of_report(report: ScoreReport, fail_under: float | None) -> Exit:
    """The exit code of a graded notebook; pending points do not count as earned."""
    if report.status == "not_graded":
        return Exit.NOT_GRADED
    below = fail_under is not None and report.earned < fail_under
    return Exit.BELOW if below else Exit.GRADED
