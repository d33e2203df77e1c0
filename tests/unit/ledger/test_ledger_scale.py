"""What is asked often costs the same however much a course has handed in."""

from collections.abc import Callable
from pathlib import Path

import pytest
from ledger_rows import NOW, course, later, waiting
from sqlalchemy import event
from sqlalchemy.orm import Session

from grader.ledger import Ledger, admission, gradebook, migrate, regrades, views
from grader.ledger.gradebook import Rule
from grader.ledger.regrades import FIRST, Wish
from grader.ledger.views import Filter
from grader.ledger.work import RegradeItem, Report, Run, Submission

Read = Callable[[Session], object]


def by(**values: str) -> Read:
    return lambda session: views.listed(session, Filter(**values), None, 10)


@pytest.mark.parametrize(
    "read",
    [
        by(course_id="dl"),
        by(course_id="dl", assignment_id="cnn"),
        by(course_id="dl", state="graded"),
        by(course_id="dl", student_id="ada"),
        lambda session: admission.require_open(session, "dl", "cnn", "ada", NOW),
    ],
    ids=["course", "assignment", "state", "student", "upload"],
)
def test_nobody_reads_a_whole_course_to_show_a_page_or_to_take_an_upload(
    tmp_path: Path, read: Read
) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    migrate.upgrade(ledger)
    asked: list[tuple[str, tuple[object, ...]]] = []
    with ledger.read() as session:
        event.listen(
            ledger.engine,
            "before_cursor_execute",
            lambda _connection, _cursor, sql, values, *_: asked.append((sql, values)),
        )
        read(session)
        plans = [
            str(step[3])
            for sql, values in tuple(asked)
            for step in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
        ]
    whole = [step for step in plans if step.endswith("ix_submissions_mine (course_id=?)")]
    assert whole + [step for step in plans if "ORDER BY" in step] == []
    assert any("submissions USING" in step for step in plans)
    ledger.close()


def reported(session: Session, student: str, seconds: float, earned: float) -> str:
    """A submission with its report; its id."""
    identity = waiting(session, student, seconds, state="graded")
    session.add(
        Run(
            id=identity,
            work="0" * 64,
            assignment_id="cnn",
            assignment_version="1",
            created_at=NOW,
            seconds=1,
        )
    )
    session.flush()
    session.add(
        Report(
            id=identity,
            submission_id=identity,
            assignment_version="1",
            run_id=identity,
            created_at=NOW,
            status="graded",
            earned=earned,
            possible=10,
            pending=0,
            body="{}",
        )
    )
    session.get_one(Submission, identity).report_id = identity
    session.flush()
    return identity


@pytest.mark.parametrize(("rule", "nth"), [("best", (1, 0)), ("latest", (3, 2))])
def test_grades_read_one_report_of_each_student(
    ledger: Ledger, rule: Rule, nth: tuple[int, int]
) -> None:
    with ledger.write() as session:
        ada = [reported(session, "ada", n, earned) for n, earned in enumerate((3, 9, 9, 5))]
        bob = [reported(session, "bob", n, earned) for n, earned in enumerate((4, 2, 1))]
        waiting(session, "bob", 9)
    read: list[object] = []
    with ledger.read() as session:
        event.listen(session, "loaded_as_persistent", lambda _, row: read.append(row))
        found = gradebook.grades(session, "dl", "cnn", rule)
    assert [(g.student_id, g.submissions, g.submission_id) for g in found] == [
        ("ada", 4, ada[nth[0]]),
        ("bob", 4, bob[nth[1]]),
        ("cem", 0, None),
    ]
    assert len(read) == 4


def test_a_regrade_of_a_large_class_keeps_no_upload_waiting_behind_its_messages(
    tmp_path: Path,
) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    migrate.upgrade(ledger)
    with ledger.write() as session:
        course(session)
        for number in range(FIRST + 5):
            reported(session, "ada", number, 1)
    with ledger.write() as session:
        begun = regrades.begin(session, Wish("dl", "cnn", "ada", apply=False), later(1000))
    with ledger.read() as session:
        assert session.query(RegradeItem).filter_by(state="queued").count() == FIRST + 5
    assert len(begun.messages) == FIRST
    ledger.close()
