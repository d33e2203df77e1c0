"""The service in numbers, for whoever watches over it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from grader.domain.service import Lane
from grader.ledger.slots import SILENT
from grader.ledger.work import Alert, RegradeItem, Submission, Worker

RECENT = timedelta(hours=1)
"""Over so long waits and runs are told."""
MOST_RECENT = 5_000


@dataclass(frozen=True)
class Waiting:
    """What waits in a lane: how many, and for how many seconds the oldest."""

    depth: int
    age: float


@dataclass(frozen=True)
class Figures:
    """All numbers of a moment.

    Attributes:
        waiting: by lane; lanes in which nothing waits are left out.
        states: submissions by state and lane.
        waits: seconds from received to claimed by lane, of those that ended lately and were claimed
            once: of others the first claim is not kept.
        runs: seconds from the last claim to the end by lane, of those that ended lately.
        failures: failures of ours by reason, of all that is kept; a retry forgets those before it.
        workers: by state; ``silent`` are those that stopped reporting.
        alerts: those that stand, by code.
    """

    waiting: Mapping[str, Waiting]
    states: Mapping[tuple[str, str], int]
    waits: Mapping[Lane, Sequence[float]]
    runs: Mapping[Lane, Sequence[float]]
    failures: Mapping[str, int]
    workers: Mapping[str, int]
    alerts: Mapping[str, int]


def figures(session: Session, now: datetime) -> Figures:
    """The service as it stands."""
    waits, runs = _durations(session, now)
    return Figures(
        waiting=_waiting(session, now),
        states={
            (state, lane): count
            for state, lane, count in session.execute(
                select(Submission.state, Submission.lane, func.count()).group_by(
                    Submission.state, Submission.lane
                )
            )
        },
        waits=waits,
        runs=runs,
        failures=_failures(session),
        workers=_workers(session, now),
        alerts=dict(
            session.execute(
                select(Alert.code, func.count())
                .where(Alert.resolved_at.is_(None))
                .group_by(Alert.code)
            ).all()
        ),
    )


def _waiting(session: Session, now: datetime) -> dict[str, Waiting]:
    oldest = session.execute(
        select(Submission.lane, func.count(), func.min(Submission.received_at))
        .where(Submission.state == "queued")
        .group_by(Submission.lane)
    )
    regrade = session.execute(
        select(func.count(), func.min(RegradeItem.received_at)).where(RegradeItem.state == "queued")
    )
    lanes = [*oldest, *(("regrade", count, since) for count, since in regrade if count)]
    return {lane: Waiting(n, (now - since).total_seconds()) for lane, n, since in lanes}


def _durations(
    session: Session, now: datetime
) -> tuple[dict[Lane, list[float]], dict[Lane, list[float]]]:
    ended = session.execute(
        select(
            Submission.lane,
            Submission.received_at,
            Submission.claimed_at,
            Submission.finished_at,
            (Submission.failures == 0) & (Submission.retries == 0),
        )
        .where(Submission.finished_at >= now - RECENT)
        .order_by(Submission.finished_at.desc())
        .limit(MOST_RECENT)
    )
    again = session.execute(
        select(
            literal("regrade"),
            RegradeItem.received_at,
            RegradeItem.claimed_at,
            RegradeItem.finished_at,
            RegradeItem.failures == 0,
        )
        .where(RegradeItem.finished_at >= now - RECENT)
        .order_by(RegradeItem.finished_at.desc())
        .limit(MOST_RECENT)
    )
    waits, runs = defaultdict(list), defaultdict(list)
    for lane, received, claimed, finished, once in (*ended, *again):
        if claimed is not None and finished is not None:
            runs[lane].append((finished - claimed).total_seconds())
            if once:
                waits[lane].append((claimed - received).total_seconds())
    return waits, runs


def _failures(session: Session) -> dict[str, int]:
    """By the last reason of each: those before it are in the logs."""
    counted: Counter[str] = Counter()
    for table in (Submission, RegradeItem):
        found = session.execute(
            select(table.reason, func.sum(table.failures))
            .where(table.failures > 0)
            .group_by(table.reason)
        )
        counted.update({reason or "unknown": int(count) for reason, count in found})
    return counted


def _workers(session: Session, now: datetime) -> Counter[str]:
    found = session.execute(select(Worker.state, Worker.seen_at))
    return Counter(
        "silent" if state == "ok" and seen < now - SILENT else state for state, seen in found
    )
