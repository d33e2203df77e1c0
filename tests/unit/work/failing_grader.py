"""Fails in every way that could bring a notebook's text into the log: a program for `test_logs`."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path

import structlog
from service_stubs.notebooks import notebook
from test_work_same import Broken
from work_office import Office

from grader import logs
from grader.domain.assignment import Problem
from grader.domain.check import Case
from grader.domain.outcome import Outcome
from grader.errors import SandboxError
from grader.ledger.work import Submission
from grader.sandbox import FakeSandbox, Job, Receive, RunEnd
from grader.work import Desk, look

PASSWORD = "hunter2"


class Quoting(Broken):
    """A check that raises with the notebook's text."""

    def judge(self, case: Case) -> Outcome:
        raise KeyError(case.submission.cells[1].source)


class Odd(FakeSandbox):
    """A sandbox that raises what nobody expects, with the notebook's text."""

    def run(self, job: Job, receive: Receive) -> RunEnd:
        raise RuntimeError((job.folder / "job.json").read_text())


def main(folder: Path, text: str) -> None:
    logs.set_up()
    office = Office(folder, f"sqlite:///{folder / 'grader.db'}")

    def fail(data: bytes, make: Callable[[], Desk]) -> None:
        identity = office.hand_in(data)
        look(make(), "fast", identity)
        with office.ledger.write() as session:
            session.get_one(Submission, identity).state = "cancelled"

    quoting = Problem(id="extra", title="Extra", points=1, checks=(Quoting(),))
    problems = (*office.assignment.problems, quoting)
    broken = office.assignment.model_copy(update={"problems": problems})
    words = SandboxError("guest_failed", f"the guest ended; its last words: {text!r}")
    import_numpy = b"import numpy as np"
    one, two, three = (
        notebook(label).replace(import_numpy, f"{text}\\n".encode() + import_numpy)
        for label in ("one", "two", "three")
    )
    fail(one, lambda: office.desk(assignment=broken))
    fail(two, lambda: office.desk(sandbox=lambda: FakeSandbox(ending=words)))
    fail(three, lambda: office.desk(sandbox=Odd))
    fail(text.encode(), office.desk)
    url = f"redis://:{PASSWORD}@redis/0"
    structlog.get_logger("test").info("seen", token=PASSWORD, url=url)
    logging.getLogger("test").warning("to %s, Authorization: Bearer %s", url, PASSWORD)
    try:
        int(text)
    except ValueError:
        logging.getLogger("test").exception("it broke")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
