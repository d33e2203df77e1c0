"""500 submissions within a minute, on two workers."""

import pytest
from faults_soundness import require_sound
from service_stubs.processes import until
from service_stubs.service import Service

MANY = 500
STUDENTS = 100


@pytest.fixture
def lease() -> float:
    """Nobody dies here: a lease that is over would be one that a busy machine kept too short."""
    return 30


def test_five_hundred_submissions_are_each_graded_once(service: Service) -> None:
    service.upkeep()
    for name in ("first", "second"):
        service.worker(name)
    ids = [service.submit(f"n{number}", f"student-{number % STUDENTS}") for number in range(MANY)]
    until("all are graded", lambda: service.done(ids), seconds=240)
    assert set(service.states(ids).values()) == {"graded"}
    require_sound(service, ids)
    assert service.marks.counts("began").total() == MANY
    assert len({mark.pid for mark in service.marks.read()}) == 2
