"""What a slot of a worker stands on."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from typing import Literal

from grader.domain.assignment import Assignment
from grader.errors import StoreError
from grader.ledger import Ledger
from grader.ledger.claims import Claimant
from grader.ledger.clock import Clock, utc_now
from grader.queue import JobQueue
from grader.store import Blobs
from grader.work.benches import Benches
from grader.work.failing import NoAssignmentError


@dataclass(frozen=True)
class Desk:
    """All that looking at submissions needs; one look at a time.

    Attributes:
        assignments: those that this worker grades, by id.
        worker: its name, at most 64 characters.
        lease: a worker that has not reported for so long has lost what it was grading.
        leaving: set when the worker is to end: running work is given back at once.
    """

    ledger: Ledger
    queue: JobQueue
    blobs: Blobs
    assignments: Mapping[str, Assignment]
    benches: Benches
    worker: str
    lease: timedelta
    clock: Clock = utc_now
    leaving: Event = field(default_factory=Event)

    @property
    def claimant(self) -> Claimant:
        """As whom it claims."""
        return Claimant(self.worker, self.lease, frozenset(self.assignments))

    def assignment(self, identity: str) -> Assignment:
        """The assignment of that id. Raises NoAssignmentError."""
        found = self.assignments.get(identity)
        if found is None:
            raise NoAssignmentError(
                f"found a submission to {identity!r}, expected one of"
                f" {', '.join(self.assignments) or 'none'}: set GRADER_ASSIGNMENTS on every worker"
            )
        return found

    def notebook(self, sha256: str) -> bytes:
        """The notebook of that digest.

        Raises:
            StoreError: it cannot be read, or other bytes lie there: a disk has lost a part of it,
                which must not be taken for what the student sent.
        """
        data = self.blobs.notebook(sha256)
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise StoreError(
                f"notebook {sha256}: found {len(data)} bytes with the digest {found}, expected"
                " those that were handed in: restore the file from a backup"
            )
        return data


@dataclass(frozen=True)
class Looked:
    """What a look came to.

    Attributes:
        how: ``nothing`` waited; ``leaving``: the worker ends and took nothing; ``graded``;
            ``refused``: nobody can grade the notebook; ``failed``: we did; ``lost``: it is another
            worker's by now, or cancelled; ``given_back``: the worker ends.
        id: the submission, or the item of a regrade.
        reason: code of our failure, for ``failed``.
    """

    how: Literal["nothing", "leaving", "graded", "refused", "failed", "lost", "given_back"]
    id: str | None = None
    reason: str | None = None
