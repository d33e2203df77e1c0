"""Builds what workers and upkeep stand on."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from functools import cache, partial

from grader import wiring
from grader.domain.assignment import Assignment
from grader.domain.check import Memo
from grader.running import Bench
from grader.sandbox import Sandbox
from grader.settings import Settings
from grader.wiring import services
from grader.work import Benches, Desk, Equipment
from grader.work.health import Look, clock_look, disk_look, sandbox_look, seldom
from grader.work.upkeep import Upkeep

SANDBOX_SECONDS, DATA_SECONDS = 60.0, 300.0
"""For so long a worker believes that its sandbox, its data sets are well: either costs 0.3 s."""
CLOCK_SHARE = 0.25
"""Of a lease, by which a worker's clock may differ from the database's; seconds count whole."""


def desk(settings: Settings, worker: str, slots: int) -> Desk:
    """What one slot of a worker stands on; imports torch with its assignments.

    Args:
        settings: of this machine.
        worker: its name.
        slots: how many notebooks it grades at once: they share the machine's cores.

    Raises:
        AssignmentError: an assignment cannot be loaded.
    """
    return Desk(
        ledger=services.ledger(settings),
        queue=services.queue(settings),
        blobs=services.blobs(settings),
        assignments={item.id: item for item in services.assignments(settings)},
        benches=Benches(equipment(settings, slots)),
        worker=worker,
        lease=timedelta(seconds=settings.lease_seconds),
    )


def equipment(settings: Settings, slots: int) -> Equipment:
    """How a slot makes its benches; data sets are verified once, and by the worker's health."""

    @cache
    def verify(datasets: tuple[str, ...]) -> None:
        for name in datasets:
            wiring.require(wiring.data_store(settings), name)

    def bench(assignment: Assignment, box: Sandbox, memo: Memo) -> Bench:
        verify(assignment.datasets)
        return Bench(
            sandbox=box,
            lab=wiring.lab(settings, memo),
            secret=wiring.course_secret(settings),
            data=wiring.data_store(settings).root if assignment.datasets else None,
            limits=wiring.limits(assignment.limits, slots),
            gpu=assignment.gpu,
        )

    return Equipment(
        sandbox=lambda: wiring.sandbox(settings, settings.sandbox),
        bench=bench,
        lab=partial(wiring.lab, settings),
        fingerprint=partial(fingerprint, settings),
    )


def fingerprint(settings: Settings, assignment: Assignment) -> str:
    """Of the assignment's data and of the course's secret, which it does not give away."""
    digest = hmac.new(wiring.course_secret(settings), b"work", hashlib.sha256)
    store = wiring.data_store(settings)
    for name in assignment.datasets:
        for file in store.dataset(name).files:
            digest.update(f"{name}/{file.name} {file.md5}\n".encode())
    return digest.hexdigest()


def looks(settings: Settings, datasets: tuple[str, ...]) -> Mapping[str, Look]:
    """What a worker's health is looked at by; `datasets`: those that its assignments need."""
    alone = settings.model_copy(update={"waiting": 0})  # it runs nothing
    box = cache(lambda: wiring.sandbox(alone, settings.sandbox))

    def data() -> None:
        for name in datasets:
            wiring.require(wiring.data_store(settings), name)

    ledger = services.ledger(settings)
    apart = timedelta(seconds=1 + CLOCK_SHARE * settings.lease_seconds)
    return {
        "clock": lambda: clock_look(ledger, apart),
        "sandbox": seldom(lambda: sandbox_look(box().examine), SANDBOX_SECONDS),
        "data": seldom(data, DATA_SECONDS),
        "disk": disk_look,
        "files": services.blobs(settings).try_writing,
    }


def upkeep(settings: Settings) -> Upkeep:
    """What is done now and then; needs no torch."""
    return Upkeep(
        services.ledger(settings),
        services.queue(settings),
        services.blobs(settings),
        timedelta(seconds=settings.lease_seconds),
    )
