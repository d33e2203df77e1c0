"""A service without processes: a database, files, a queue that is a list, and desks of workers."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any, NoReturn

from service_stubs import ASSIGNMENT
from service_stubs.notebooks import notebook
from service_stubs.sandbox import Marks, StubSandbox

from grader import scoring
from grader.domain.assignment import Assignment
from grader.domain.card import Card
from grader.domain.check import Lab, Memo
from grader.ledger import Ledger, intake, publish
from grader.ledger.base import Base
from grader.ledger.people import Course, Membership, Person
from grader.ledger.work import Alert, Event, RegradeItem, Report, Run, Submission
from grader.queue import FakeQueue
from grader.running import Bench
from grader.sandbox import Sandbox
from grader.store import Blobs
from grader.work import Benches, Desk, Equipment

COURSE = "dl-2026"
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def no_data(name: str) -> NoReturn:
    raise AssertionError(f"nobody needs {name}")


def equipment(sandbox: Callable[[], Sandbox]) -> Equipment:
    def bench(assignment: Assignment, box: Sandbox, memo: Memo) -> Bench:
        return Bench(box, Lab(no_data, memo), b"secret", None, assignment.limits)

    return Equipment(sandbox, bench, lambda memo: Lab(no_data, memo), lambda _: "the same")


@dataclass
class Office:
    """Where tests hand in, grade and look."""

    folder: Path
    url: str
    clock: Clock = field(default_factory=Clock)
    queue: FakeQueue = field(default_factory=FakeQueue)

    def __post_init__(self) -> None:
        self.assignment = scoring.load(str(ASSIGNMENT))
        self.ledger = Ledger(self.url)
        self.blobs = Blobs(f"file://{self.folder / 'files'}")
        self.marks = Marks(self.folder / "marks")
        Base.metadata.create_all(self.ledger.engine)
        with self.ledger.write() as session:
            session.add(Course(id=COURSE, title="Deep Learning", created_at=START))
            publish.publish(session, [Card.of(self.assignment)], START)

    def desk(
        self,
        name: str = "worker",
        *,
        sandbox: Callable[[], Sandbox] | None = None,
        lease: float = 60,
        assignment: Assignment | None = None,
    ) -> Desk:
        known = assignment or self.assignment
        return Desk(
            ledger=self.ledger,
            queue=self.queue,
            blobs=self.blobs,
            assignments={known.id: known},
            benches=Benches(equipment(sandbox or (lambda: StubSandbox(self.marks)))),
            worker=name,
            lease=timedelta(seconds=lease),
            clock=self.clock,
        )

    def submit(self, label: str = "one", student: str = "ada", **how: Any) -> str:
        """Hand in a notebook as the API does; `how`: see `notebook`."""
        return self.hand_in(notebook(label, **how), student)

    def hand_in(self, data: bytes, student: str = "ada") -> str:
        digest = hashlib.sha256(data).hexdigest()
        self.blobs.put_notebook(digest, data)
        upload = intake.Upload(
            course_id=COURSE,
            assignment_id=self.assignment.id,
            student_id=student,
            name="n.ipynb",
            sha256=digest,
            code_sha256=digest,
            size=len(data),
            trains=False,
        )
        with self.ledger.write() as session:
            if session.get(Person, student) is None:
                session.add(Person(id=student, created_at=START))
                session.flush()
                session.add(Membership(course_id=COURSE, person_id=student, role="student"))
                session.flush()
            accepted = intake.accept(session, upload, self.clock())
        self.clock.passes(1)
        return accepted.id

    def row(self, identity: str) -> Submission:
        with self.ledger.read() as session:
            return session.get_one(Submission, identity)

    def item(self, identity: str) -> RegradeItem:
        with self.ledger.read() as session:
            return session.get_one(RegradeItem, identity)

    def report(self, identity: str) -> Report:
        """The only report of a submission, which holds."""
        with self.ledger.read() as session:
            rows = session.query(Report).filter_by(submission_id=identity).all()
        (report,) = rows
        assert self.row(identity).report_id == report.id
        return report

    def count(self, table: type[Base]) -> int:
        with self.ledger.read() as session:
            return session.query(table).count()

    def runs(self) -> int:
        assert self.count(Run) == len(list(self.folder.glob("files/runs/*/*.tar")))
        return self.count(Run)

    def events(self, identity: str) -> list[tuple[str, dict[str, Any]]]:
        with self.ledger.read() as session:
            rows = session.query(Event).filter_by(submission_id=identity).order_by(Event.id)
            return [(row.kind, row.data) for row in rows]

    def alerts(self) -> list[tuple[str, str]]:
        with self.ledger.read() as session:
            rows = session.query(Alert).filter(Alert.resolved_at.is_(None)).order_by(Alert.id)
            return [(row.code, row.subject) for row in rows]


def in_thread(work: Callable[[], object]) -> tuple[Thread, list[Any]]:
    """Do it beside the test; what came out is in the list once the thread has ended."""
    found: list[Any] = []
    thread = Thread(target=lambda: found.append(work()))
    thread.start()
    return thread, found
