"""What the service tells of submissions: reads alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, defer

from grader.domain.service import Lane
from grader.ledger.claims import turns_in
from grader.ledger.names import is_id
from grader.ledger.slots import serving
from grader.ledger.work import Report, Run, Submission

LATEST_RUNS = 50
"""Of an assignment, whose median says how long the next one takes."""


@dataclass(frozen=True)
class Seen:
    """A submission, with the report that holds.

    Attributes:
        report: without its body, which `report_body` reads; None: there is none.
    """

    row: Submission
    report: Report | None


@dataclass(frozen=True)
class Filter:
    """Which submissions are listed; None: whatever it is."""

    course_id: str | None = None
    assignment_id: str | None = None
    student_id: str | None = None
    state: str | None = None


def submission(session: Session, identity: str) -> Seen | None:
    """The submission of that id."""
    found = session.execute(_seen().where(Submission.id == identity)).first()
    return None if found is None else Seen(*found)


def listed(session: Session, by: Filter, before: str | None, most: int) -> Sequence[Seen]:
    """Submissions, the newest first.

    Args:
        session: one that reads.
        by: which.
        before: id of the last one that is known, to go on behind it.
        most: how many at most.
    """
    wanted_ids = (by.course_id, by.assignment_id, by.student_id)
    if not all(is_id(wanted) for wanted in wanted_ids if wanted is not None):
        return []
    query = _seen().order_by(Submission.received_at.desc(), Submission.id.desc()).limit(most)
    for column, wanted in (
        (Submission.course_id, by.course_id),
        (Submission.assignment_id, by.assignment_id),
        (Submission.student_id, by.student_id),
        (Submission.state, by.state),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    known = None if before is None else session.get(Submission, before)
    if known is not None:
        same = (Submission.received_at == known.received_at) & (Submission.id < known.id)
        query = query.where(or_(Submission.received_at < known.received_at, same))
    return [Seen(*row) for row in session.execute(query)]


def _seen() -> Select[Submission, Report | None]:
    return (
        select(Submission, Report)
        .outerjoin(Report, Report.id == Submission.report_id)
        .options(defer(Report.body, raiseload=True))
    )


@dataclass(frozen=True)
class Line:
    """A lane as it stands: who waits where, and how fast it moves.

    Attributes:
        places: id to place, from 1, of every waiting submission.
        slots: submissions that live workers grade at once; 0: nobody serves the lane.
        running: what is graded now by the workers that serve it, of whichever lane.
    """

    places: Mapping[str, int]
    slots: int
    running: int

    def place(self, identity: str) -> int:
        """Where it stands; one that came a moment ago is taken for the last."""
        return self.places.get(identity, len(self.places) + 1)

    def wait(self, place: int, run_seconds: float | None) -> float | None:
        """Seconds until it begins, roughly; None where no worker serves it or no run is known."""
        if not self.slots or run_seconds is None:
            return None
        before_it = max(0, place - max(0, self.slots - self.running))
        return before_it * run_seconds / self.slots


def line(session: Session, lane: Lane, now: datetime) -> Line:
    """How a lane stands."""
    turns = turns_in(lane).subquery()
    order = select(turns.c.id).order_by(turns.c.turn, turns.c.received_at, turns.c.id)
    who = serving(session, lane, now)
    running = (
        select(func.count())
        .select_from(Submission)
        .where(Submission.state == "running", Submission.lane.in_(who.lanes))
    )
    return Line(
        places={identity: n for n, identity in enumerate(session.scalars(order), start=1)},
        slots=who.slots,
        running=session.scalar(running) or 0,
    )


def run_seconds(session: Session, assignment_id: str) -> float | None:
    """The median wall time of the assignment's latest runs; None where there is none."""
    latest = session.scalars(
        select(Run.seconds)
        .where(Run.assignment_id == assignment_id)
        .order_by(Run.created_at.desc())
        .limit(LATEST_RUNS)
    ).all()
    return median(latest) if latest else None


def report_body(session: Session, report_id: str) -> str:
    """The JSON of a report that is there."""
    return session.scalars(select(Report.body).where(Report.id == report_id)).one()
