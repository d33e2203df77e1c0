"""``python -m service_stubs.worker_app worker``: a worker whose sandbox is the stub.

Everything else is what `tasks.worker` is made of. Nothing in the product imports this module.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from grader.domain.assignment import Assignment
from grader.domain.check import Lab, Memo
from grader.domain.service import Lane
from grader.running import Bench
from grader.sandbox import Sandbox
from grader.settings import Settings
from grader.wiring import services
from grader.work import Benches, Desk, Equipment
from grader.work.health import Health
from service_stubs.clock import clock
from service_stubs.sandbox import Marks, StubSandbox
from tasks import grading
from tasks.pulse import Pulse, sign_of

_SECRET = b"a secret of tests"


def _no_data(name: str) -> NoReturn:
    raise AssertionError(f"nobody needs {name}")


def _bench(assignment: Assignment, box: Sandbox, memo: Memo) -> Bench:
    return Bench(box, Lab(_no_data, memo), _SECRET, None, assignment.limits)


def _desk(settings: Settings, worker: str, _: int) -> Desk:
    marks = Marks(Path(os.environ["STUB_MARKS"]))
    equipment = Equipment(
        sandbox=lambda: StubSandbox(marks),
        bench=_bench,
        lab=lambda memo: Lab(_no_data, memo),
        fingerprint=lambda _: "stub",
    )
    return Desk(
        ledger=services.ledger(settings),
        queue=services.queue(settings),
        blobs=services.blobs(settings),
        assignments={item.id: item for item in services.assignments(settings)},
        benches=Benches(equipment),
        worker=worker,
        lease=timedelta(seconds=settings.lease_seconds),
        clock=clock,
    )


def _pulse(settings: Settings, name: str, lanes: tuple[Lane, ...], slots: int) -> Pulse:
    sign = sign_of(name, lanes, slots)
    return Pulse(lambda: services.ledger(settings), Health({}), sign, clock)


if __name__ == "__main__":
    grading.build(Settings(), _desk, _pulse).worker_main(sys.argv[1:])
