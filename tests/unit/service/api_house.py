"""A small school for tests of the API: two courses, people with tokens, an exercise."""

import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from starlette.exceptions import StarletteDeprecationWarning

from grader.domain.card import Card, CardProblem
from grader.domain.limits import Limits
from grader.domain.report import ProblemReport, RunReport, ScoreReport, SubmissionLine
from grader.domain.service import Role
from grader.ledger import Ledger, access, migrate, offerings, publish
from grader.ledger.access import Grant
from grader.ledger.offerings import Terms
from grader.ledger.work import Report, Run, Submission
from grader.queue import FakeQueue
from grader.service.adapters import Adapters, Bounds
from grader.service.app import create_app
from grader.service.serving import configured
from grader.store import Blobs

with warnings.catch_warnings(action="ignore", category=StarletteDeprecationWarning):
    from fastapi.testclient import TestClient  # it would rather stand on a later httpx

COURSE, OTHER_COURSE, EXERCISE = "dl", "nlp", "cnn"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MEMBERS: dict[str, tuple[str, Role]] = {
    "ada": (COURSE, "student"),
    "bob": (COURSE, "student"),
    "tea": (COURSE, "ta"),
    "stan": (COURSE, "staff"),
    "bot": (COURSE, "ci"),
    "eve": (OTHER_COURSE, "student"),
    "oleg": (OTHER_COURSE, "staff"),
}
CARD = Card(
    id=EXERCISE,
    title="Convolutional networks",
    version="1",
    problems=(CardProblem(id="fc", title="Fully connected", points=10),),
    possible=10,
    gpu="preferred",
    trains_by=("train_model",),
    limits=Limits(),
)
BOUNDS = Bounds(
    upload_bytes=100_000,
    upload_seconds=5,
    requests_per_minute=0,
    uploads_per_minute=0,
    poll_seconds=0.02,
    fresh_seconds=0,
)


@dataclass
class Clock:
    """A clock that tests set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **parts: float) -> None:
        self.now += timedelta(**parts)


def notebook(*sources: str, **fields: Any) -> bytes:
    """A notebook of code cells."""
    cells = [
        {
            "cell_type": "code",
            "id": f"c{index}",
            "metadata": {},
            "source": source,
            "execution_count": None,
            "outputs": [],
        }
        for index, source in enumerate(sources or ("x = 1",))
    ]
    made: dict[str, Any] = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made | fields).encode()


TRAINING = notebook("def train_model(m):\n    pass", "train_model(net)")


def score_report(earned: float = 7, name: str = "a.ipynb") -> ScoreReport:
    problem = ProblemReport(
        id="fc",
        title="Fully connected",
        earned=earned,
        possible=10,
        status="partial",
        message="Nearly.",
        checks=(),
    )
    return ScoreReport(
        assignment=EXERCISE,
        assignment_version="1",
        title=CARD.title,
        submission=SubmissionLine(name=name, sha256="0" * 64),
        status="graded",
        earned=earned,
        possible=10,
        pending=0,
        problems=(problem,),
        run=RunReport(
            sandbox="fake",
            seconds=12.5,
            peak_memory_bytes=None,
            limits=Limits(),
            stopped="finished",
            cells=(),
        ),
    )


@dataclass
class House:
    """An app over a real database, with what tests do to it."""

    folder: Path
    bounds: Bounds = BOUNDS
    clock: Clock = field(default_factory=Clock)
    queue: FakeQueue = field(default_factory=FakeQueue)
    database_url: str = ""
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.database_url or f"sqlite:///{self.folder / 'grader.db'}")
        self.blobs = Blobs(f"file://{self.folder / 'files'}")
        self.adapters = Adapters(self.ledger, self.queue, self.blobs, self.clock, self.bounds)
        self.app = create_app(self.adapters)
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def fill(self) -> None:
        migrate.upgrade(self.ledger)
        with self.ledger.write() as session:
            for course in (COURSE, OTHER_COURSE):
                access.add_course(session, course, course, NOW)
            for person, (course, role) in MEMBERS.items():
                access.add_person(session, person, person.title(), NOW)
                access.enrol(session, course, person, role)
                self.tokens[person] = access.issue_token(session, person, Grant(role), NOW)
            publish.publish(session, [CARD], NOW)

    def offer(self, **terms: Any) -> None:
        with self.ledger.write() as session:
            offerings.offer(session, COURSE, EXERCISE, Terms(**terms))

    def headers(self, person: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[person]}"}

    def get(self, person: str, path: str, **more: Any) -> httpx.Response:
        headers = self.headers(person) | more.pop("headers", {})
        return self.client.get(path, headers=headers, **more)

    def post(self, person: str, path: str, **more: Any) -> httpx.Response:
        headers = self.headers(person) | more.pop("headers", {})
        return self.client.post(path, headers=headers, **more)

    def upload(
        self,
        person: str = "ada",
        data: bytes = b"",
        *,
        name: str = "a.ipynb",
        key: str | None = None,
        course: str = COURSE,
        assignment: str = EXERCISE,
    ) -> httpx.Response:
        return self.post(
            person,
            "/api/submissions",
            files={"notebook": (name, data or notebook())},
            data={"course": course, "assignment": assignment},
            headers={} if key is None else {"Idempotency-Key": key},
        )

    def submitted(self, person: str = "ada", data: bytes = b"", **more: Any) -> str:
        answer = self.upload(person, data, **more)
        assert answer.status_code == 202, answer.text
        identity: str = answer.json()["id"]
        return identity

    def change(self, identity: str, **values: Any) -> None:
        """Set columns of a submission."""
        with self.ledger.write() as session:
            row = session.get(Submission, identity)
            assert row is not None
            for name, value in values.items():
                setattr(row, name, value)

    def row(self, identity: str) -> Submission:
        with self.ledger.read() as session:
            row = session.get(Submission, identity)
            assert row is not None
            return row

    def rows(self) -> Sequence[Submission]:
        with self.ledger.read() as session:
            return session.query(Submission).all()

    def graded(self, identity: str, made: ScoreReport | None = None) -> str:
        """What a worker leaves; id of the run."""
        made, run = made or score_report(), uuid4().hex
        (self.folder / "files" / "runs" / run[:2]).mkdir(parents=True)
        (self.folder / "files" / "runs" / run[:2] / f"{run}.tar").write_bytes(b"the evidence")
        with self.ledger.write() as session:
            session.add(
                Run(
                    id=run,
                    work="w",
                    assignment_id=EXERCISE,
                    assignment_version="1",
                    created_at=self.clock(),
                    seconds=made.run.seconds,
                )
            )
            session.flush()
            row = Report(
                id=uuid4().hex,
                submission_id=identity,
                assignment_version="1",
                run_id=run,
                created_at=self.clock(),
                status=made.status,
                earned=made.earned,
                possible=made.possible,
                pending=made.pending,
                body=made.model_dump_json(),
            )
            session.add(row)
            session.flush()
            report_id = row.id
        self.change(identity, state="graded", report_id=report_id, finished_at=self.clock())
        return run

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Another app over the same, behind a real server; its address."""
        server = uvicorn.Server(configured(create_app(self.adapters), "127.0.0.1", 0))
        thread = Thread(target=server.run)
        thread.start()
        until(lambda: server.started)
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        try:
            yield f"http://{host}:{port}"
        finally:
            server.should_exit = server.force_exit = True
            thread.join()


def until(happened: Any, seconds: float = 10) -> None:
    """Look again and again until it happened."""
    end = monotonic() + seconds
    while not happened():
        assert monotonic() < end, "it did not happen"
        sleep(0.01)


def code(answer: httpx.Response) -> str:
    """The problem's code; every error has the form of one."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "code"}
    assert body["status"] == answer.status_code
    assert body["type"].endswith(f":{body['code']}")
    return str(body["code"])
