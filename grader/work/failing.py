"""Whose fault an exception is, and what becomes of a submission that we failed at.

A `SubmissionError` is the student's and never comes here. Everything else is ours: the submission
waits again, spends no attempt, and is given up with an alert after three times.
"""

import errno

import structlog
from celery.exceptions import SoftTimeLimitExceeded

from grader.errors import (
    AssignmentError,
    DataError,
    GraderError,
    LedgerError,
    SandboxError,
    StoreError,
)
from grader.ledger.failures import Fault
from grader.logs import where

_FULL = (errno.ENOSPC, errno.EDQUOT)


class NoAssignmentError(GraderError):
    """A worker does not know the assignment of a submission."""


class CheckBrokeError(GraderError):
    """A check of the assignment raised on evidence that is kept: it must be mended."""


_NAMED: tuple[tuple[type[GraderError], str, str], ...] = (
    (StoreError, "store", "files of the service could not be read or written"),
    (LedgerError, "database", "the service's database could not be used"),
    (DataError, "data", "a data set is missing or altered on the worker"),
    (AssignmentError, "assignment", "the assignment is wrong on the worker"),
    (NoAssignmentError, "no_assignment", "the worker does not know the assignment"),
    (CheckBrokeError, "check_broke", "a check of the assignment is broken"),
)
_OTHER: tuple[tuple[type[Exception], str, str], ...] = (
    (SoftTimeLimitExceeded, "too_long", "grading took longer than any run may take"),
    (MemoryError, "memory", "the worker ran out of memory"),
    (OSError, "system", "the worker's system refused something"),
    (Exception, "unexpected", "something went wrong that nobody expected"),
)


def fault_of(error: Exception) -> Fault:
    """Why we failed: a stable code, words for everybody, and details for staff alone.

    Details quote no notebook: the last words of a guest are left out, and so are the words of
    exceptions that nobody expected.
    """
    if isinstance(error, SandboxError):
        shown = "it ended before it ran anything" if error.code == "guest_failed" else str(error)
        return Fault(error.code[:64], "the sandbox failed", shown)
    if isinstance(error, OSError) and error.errno in _FULL:
        return Fault("disk_full", "a disk of the worker is full", error.strerror or "")
    for named, reason, words in _NAMED:
        if isinstance(error, named):
            return Fault(reason, words, str(error))
    reason, words = next((code, text) for kind, code, text in _OTHER if isinstance(error, kind))
    return Fault(reason, words, where(error))


def log(fault: Fault) -> None:
    """Tell operators."""
    structlog.get_logger(__name__).error("failed", reason=fault.reason, details=fault.details)
