"""Identical work is not done twice: a run that answers for a notebook is found by a digest.

The stored run is then judged with the new notebook's markdown, for answers written there do not
run. Its hidden inputs stay those of the run.
"""

import hashlib
import json
from dataclasses import dataclass

import structlog
from sqlalchemy import select

from grader import notebook, scoring, store
from grader.domain.assignment import Assignment
from grader.domain.submission import Submission
from grader.errors import StoreError
from grader.ledger.work import Run
from grader.store import Kept, StoredRun
from grader.work.desk import Desk

_log = structlog.get_logger(__name__)


def work_digest(submission: Submission, assignment: Assignment, fingerprint: str) -> str:
    """SHA-256, in hex, of all that a run depends on.

    The positions of the code cells are part of it, for evidence and reports name cells by them. The
    number of threads is not: a worker with more cores does the same work.

    Args:
        submission: the notebook.
        assignment: in today's version.
        fingerprint: of the data and of the secret; see `Equipment`.
    """
    parts = {
        "code": notebook.code_digest(submission.cells),
        "cells": [cell.index for cell in submission.cells if cell.kind == "code"],
        "assignment": [assignment.id, assignment.version],
        "limits": assignment.limits.model_copy(update={"threads": 0}).model_dump(mode="json"),
        "gpu": assignment.gpu,
        "fingerprint": fingerprint,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Found:
    """A run that answers for the notebook."""

    id: str
    kept: Kept


def find(desk: Desk, assignment: Assignment, digest: str) -> Found | None:
    """The latest run of that work; None where there is none that can be believed to be the same.

    A run that a limit ended may come out otherwise on another day. Where the assignment asks other
    questions by now, without another version, its answers say nothing.
    """
    query = select(Run.id).where(Run.work == digest).order_by(Run.created_at.desc()).limit(1)
    with desk.ledger.read() as session:
        identity = session.scalar(query)
    if identity is None:
        return None
    try:
        kept = desk.blobs.run(identity)
    except StoreError as error:
        _log.warning("run_lost", run=identity, error=str(error))
        return None
    return Found(identity, kept) if _holds(assignment, kept.run) else None


def _holds(assignment: Assignment, run: StoredRun) -> bool:
    ended = run.evidence.stopped.reason == "finished"
    in_time = all(cell.status != "timed_out" for cell in run.evidence.cells)
    asked = store.digests(scoring.questions(assignment, run.hidden))
    return ended and in_time and asked == dict(run.asked)


def judged_as(run: StoredRun, data: bytes, submission: Submission) -> StoredRun:
    """The run with another notebook of the same code in place of its own."""
    return run.model_copy(
        update={"notebook": data, "name": submission.name, "sha256": submission.sha256}
    )
