"""A whole service of real processes in a folder: for tests that break parts of it."""

import hashlib
import os
import shutil
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import uuid4

import httpx

from grader import notebook as notebooks
from grader import scoring
from grader.cli.worker import upkeep_arguments, worker_arguments
from grader.domain.card import Card
from grader.errors import QueueError
from grader.ledger import access, intake, migrate, publish
from grader.ledger.access import Grant
from grader.settings import Settings
from grader.wiring import services
from service_stubs import ASSIGNED, ASSIGNMENT
from service_stubs.notebooks import notebook
from service_stubs.processes import Process, below, until
from service_stubs.rows import Rows
from service_stubs.sandbox import Marks
from service_stubs.servers import RedisServer

COURSE = "dl-2026"
GRADER = str(Path(sys.executable).with_name("grader"))
_MARK = "SERVICE_STUB"
"""Environment variable of all processes of one service, and of what they start."""


class Service(Rows):
    """Redis, a database and what tests start beside them; nothing of it outlives `end`.

    Attributes:
        folder: everything of it lies there, logs as well.
        temporary: its processes' folder for temporary files.
        marks: what the runs of the stub sandbox did.
    """

    def __init__(self, database_url: str | None = None, *, lease: float = 2) -> None:
        """Start Redis and fill the database.

        Args:
            database_url: None: SQLite in the service's folder.
            lease: seconds, short: tests wait for the end of leases.
        """
        # Below /tmp: pytest's folders are too long for a socket.
        self.folder = Path(mkdtemp(prefix="grader-faults-"))
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.marks = Marks(self.folder / "marks")
        self.redis = RedisServer(self.folder)
        self.redis.start()
        self._mark = uuid4().hex
        self._clock = self.folder / "clock"
        self._processes: list[Process] = []
        self._api: Process | None = None
        self._tokens: dict[str, str] = {}
        self.url = ""
        self._variables = {
            "GRADER_DATABASE_URL": database_url or f"sqlite:///{self.folder / 'grader.db'}",
            "GRADER_BROKER_URL": self.redis.url,
            "GRADER_FILES_URL": f"file://{self.folder / 'files'}",
            "GRADER_ASSIGNMENTS": str(ASSIGNMENT),
            "GRADER_STATE_DIR": str(self.folder / "state"),
            "GRADER_RUNTIME_DIR": str(self.folder / "run"),
            "GRADER_COURSE_SECRET": "a secret of tests",
            "GRADER_LEASE_SECONDS": str(lease),
            "GRADER_UPLOADS_PER_MINUTE": "0",
            "GRADER_REQUESTS_PER_MINUTE": "0",
        }
        values: dict[str, Any] = {
            name.removeprefix("GRADER_").lower(): text for name, text in self._variables.items()
        }
        settings = Settings(**values)
        self.ledger = services.ledger(settings)
        self.queue = services.queue(settings)
        self.blobs = services.blobs(settings)
        migrate.upgrade(self.ledger)
        card = Card.of(scoring.load(str(ASSIGNMENT)))
        with self.ledger.write() as session:
            access.add_course(session, COURSE, "Deep Learning", _now())
            publish.publish(session, [card], _now())

    def start(self, name: str, command: Sequence[str], **more: str) -> Process:
        """Start a program of the service; its log lies in the service's folder."""
        own = {k: v for k, v in os.environ.items() if not k.startswith("GRADER_")}
        environment = {
            **own,
            **self._variables,
            "PYTHONPATH": str(ASSIGNMENT.parents[1]),
            "TMPDIR": str(self.temporary),
            "OMP_NUM_THREADS": "1",
            "STUB_MARKS": str(self.marks.path),
            "STUB_CLOCK": str(self._clock),
            _MARK: self._mark,
            **more,
        }
        process = Process(command, self.folder / f"{name}.log", environment)
        self._processes.append(process)
        return process

    def worker(self, name: str, *, slots: int = 1) -> Process:
        """Start a worker whose sandbox is the stub, and wait until it takes work."""
        arguments = worker_arguments(name, ("fast", "cpu", "regrade"), slots, seconds=600)
        return self._ready(name, self.start(name, _stub("worker_app", arguments)))

    def real_worker(self, name: str) -> Process:
        """Start a worker that runs notebooks in bubblewrap, one at a time."""
        command = [GRADER, "worker", "--slots", "1", "--name", name]
        return self._ready(name, self.start(name, command, GRADER_SANDBOX="bubblewrap"))

    def _ready(self, name: str, process: Process) -> Process:
        def reported() -> bool:
            assert process.runs, process.told()
            return any(row.name.startswith(name) for row in self.workers())

        until(f"worker {name} reports", reported, seconds=60)
        return process

    def upkeep(self) -> Process:
        """Start what takes back leases and sends messages again."""
        return self.start("upkeep", _stub("upkeep_app", upkeep_arguments()))

    def api(self) -> str:
        """Start the API, and wait until it answers; its address."""
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._api = self.start("api", [GRADER, "api", "--port", str(port)])
        until("the API answers", self._answers)
        return self.url

    def kill_api(self) -> None:
        assert self._api is not None
        self._api.kill()

    def _answers(self) -> bool:
        assert self._api is not None
        assert self._api.runs, self._api.told()
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/healthz").is_success
        return False

    def jump(self, *, hours: int) -> None:
        """Set the clock of workers and upkeep to another time."""
        self._clock.write_text(str(hours * 3600))

    def submit(self, label: str, student: str = "ada", *, told: int = 1, **how: Any) -> str:
        """Accept a notebook as the API does, and tell the queue where that can be reached.

        Args:
            label: see `notebook`, as for `how`.
            student: whose it is; enrolled where that is news.
            told: how many messages are sent for it.
        """
        self.token(student)
        data = notebook(label, **how)
        digest = hashlib.sha256(data).hexdigest()
        self.blobs.put_notebook(digest, data)
        upload = intake.Upload(
            course_id=COURSE,
            assignment_id=ASSIGNED,
            student_id=student,
            name=f"{label}.ipynb",
            sha256=digest,
            code_sha256=notebooks.code_digest(notebooks.parse(data, label).cells),
            size=len(data),
            trains=how.get("trains", False),
        )
        with self.ledger.write() as session:
            accepted = intake.accept(session, upload, _now())
        for _ in range(told):
            with suppress(QueueError):
                self.queue.look(accepted.lane, accepted.id)
        return accepted.id

    def post(self, label: str, key: str, student: str = "ada", **how: Any) -> httpx.Response:
        """Upload a notebook."""
        return httpx.post(
            f"{self.url}/api/submissions",
            data=FIELDS,
            files={"notebook": (f"{label}.ipynb", notebook(label, **how))},
            headers={"Idempotency-Key": key, "Authorization": f"Bearer {self.token(student)}"},
            timeout=60,
        )

    def send(self, label: str, student: str = "ada", key: str = "", **how: Any) -> str:
        """Upload a notebook, and be sure that it was taken; its id."""
        answer = self.post(label, key or uuid4().hex, student, **how)
        assert answer.is_success, answer.text
        identity: str = answer.json()["id"]
        return identity

    def token(self, student: str = "ada") -> str:
        """The token of a student; enrolled where that is news."""
        if student not in self._tokens:
            with self.ledger.write() as session:
                access.add_person(session, student, "", _now())
                access.enrol(session, COURSE, student, "student")
                self._tokens[student] = access.issue_token(
                    session, student, Grant("student"), _now()
                )
        return self._tokens[student]

    def left_running(self) -> list[int]:
        """Processes that it started, and what they started."""
        wanted = f"{_MARK}={self._mark}".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if wanted in entry.read_bytes().split(b"\0"):
                    found.append(int(entry.parent.name))
        return found

    def stop(self) -> None:
        """Ask all that was started to end, at once, and wait for it."""
        for process in self._processes:
            process.go_on()
            process.ask()
        while self._processes:
            self._processes.pop().end()

    def end(self) -> None:
        """End everything, and remove the folder."""
        self.stop()
        self.ledger.close()
        self.queue.close()
        self.redis.end()
        shutil.rmtree(self.folder)


FIELDS = {"course": COURSE, "assignment": ASSIGNED}
"""Form fields of an upload beside the notebook."""


def _stub(module: str, arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", f"service_stubs.{module}", *arguments]


def runs_below(process: Process, word: str) -> bool:
    """Whether a program of that name runs below a process."""
    for pid in below(process.pid):
        with suppress(OSError):
            if word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                return True
    return False


def _now() -> datetime:
    return datetime.now(UTC)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
