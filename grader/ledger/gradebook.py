"""The points of a class: one report for each student, by a rule that is said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, defer

from grader.ledger.people import Membership, Person
from grader.ledger.work import Report, Submission

Rule = Literal["best", "latest"]


@dataclass(frozen=True)
class Grade:
    """A student's line.

    Attributes:
        submissions: how many were handed in, whatever became of them.
        submission_id: the one whose report counts; None, as all below, where there is no report.
        status: ``graded``, or ``not_graded``: the points are not final.
        pending: points that a person has yet to give.
    """

    student_id: str
    name: str
    submissions: int
    submission_id: str | None = None
    received_at: datetime | None = None
    status: str | None = None
    earned: float | None = None
    possible: float | None = None
    pending: float | None = None


def grades(session: Session, course_id: str, assignment_id: str, rule: Rule) -> list[Grade]:
    """One line for each student of the course, by id.

    `best` takes the report with the most points, the earlier of equals; `latest` that of what was
    handed in last, of what has one.
    """
    ours = (Submission.course_id == course_id, Submission.assignment_id == assignment_id)
    counts = dict(
        session.execute(
            select(Submission.student_id, func.count()).where(*ours).group_by(Submission.student_id)
        ).all()
    )
    chosen = {
        row.student_id: (row, report) for row, report in session.execute(_holding(ours, rule))
    }
    students = session.execute(
        select(Person.id, Person.name)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.course_id == course_id, Membership.role == "student")
        .order_by(Person.id)
    )
    return [
        _grade(identity, name, counts.get(identity, 0), chosen.get(identity))
        for identity, name in students
    ]


def _holding(ours: Sequence[ColumnElement[bool]], rule: Rule) -> Select[Submission, Report]:
    """One submission of each student, chosen in the database: a class hands in very many."""
    best = (Report.earned.desc(), Submission.received_at, Submission.id.desc())
    latest = (Submission.received_at.desc(), Submission.id.desc())
    nth = func.row_number().over(
        partition_by=Submission.student_id, order_by=best if rule == "best" else latest
    )
    ranked = (
        select(Submission.id, nth.label("nth"))
        .join(Report, Report.id == Submission.report_id)
        .where(*ours)
        .subquery()
    )
    return (
        select(Submission, Report)
        .join(ranked, ranked.c.id == Submission.id)
        .join(Report, Report.id == Submission.report_id)
        .where(ranked.c.nth == 1)
        .options(defer(Report.body, raiseload=True))
    )


def _grade(
    identity: str, name: str, submissions: int, chosen: tuple[Submission, Report] | None
) -> Grade:
    if chosen is None:
        return Grade(identity, name, submissions)
    row, report = chosen
    return Grade(
        student_id=identity,
        name=name,
        submissions=submissions,
        submission_id=row.id,
        received_at=row.received_at,
        status=report.status,
        earned=report.earned,
        possible=report.possible,
        pending=report.pending,
    )
