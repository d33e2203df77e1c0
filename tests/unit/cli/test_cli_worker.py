"""`grader worker`: how many slots it has, which lanes it takes, and what it becomes."""

import os

import pytest
from service_stubs import ASSIGNMENT
from typer.testing import CliRunner

from grader import scoring
from grader.cli.app import app
from grader.cli.slots import gpu_shares, slots
from grader.cli.worker import longest, upkeep_arguments, worker_arguments
from grader.domain.assignment import Assignment
from grader.domain.limits import GIB
from grader.sandbox.gpu.device import Gpu

TWO = tuple(Gpu(f"GPU-{n}", n, "card", 80 * GIB) for n in range(2))


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return scoring.load(str(ASSIGNMENT))


def needing(assignment: Assignment, gpu_bytes: int) -> Assignment:
    return assignment.model_copy(update={"gpu_memory_bytes": gpu_bytes})


def test_a_slot_for_each_cpu_as_far_as_memory_goes(assignment: Assignment) -> None:
    assert slots(("fast", "cpu"), [assignment], (), 1) == len(os.sched_getaffinity(0))
    all_of_it = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = assignment.limits.model_copy(update={"memory_bytes": all_of_it})
    large = assignment.model_copy(update={"limits": limits})
    assert slots(("fast", "cpu"), [assignment, large], (), 1) == 1


def test_a_slot_for_each_share_of_a_gpu(assignment: Assignment) -> None:
    assert slots(("gpu",), [assignment], TWO, 1) == 2
    assert slots(("gpu",), [assignment], (), 1) == 1


@pytest.mark.parametrize(
    ("need", "most", "shares"),
    [(0, 4, 4), (30 * GIB, 4, 2), (30 * GIB, 1, 1), (200 * GIB, 4, 1), (30 * GIB, 0, 0)],
)
def test_a_gpu_is_shared_among_no_more_runs_than_have_room(
    assignment: Assignment, need: int, most: int, shares: int
) -> None:
    assert gpu_shares([assignment, needing(assignment, need)], TWO, most) == shares


def test_what_may_take_how_long_follows_from_the_assignments(assignment: Assignment) -> None:
    assert longest([assignment]) == 60 + 2 * 60 + 900
    words = worker_arguments("w", ("fast", "cpu"), 3, longest([assignment]))
    assert {"--queues=fast,cpu", "--concurrency=3", "--soft-time-limit=1080"} <= set(words)
    assert "--time-limit=1200" in words


def test_names_of_processes_are_never_taken_twice() -> None:
    names = [upkeep_arguments()[-4] for _ in range(2)]
    assert all(name.startswith("--hostname=upkeep-") for name in names)
    assert names[0] != names[1]


@pytest.mark.parametrize("lanes", ["fast,tpu", "", ","])
def test_a_lane_that_does_not_exist_is_refused(lanes: str) -> None:
    result = CliRunner().invoke(app, ["worker", "--lanes", lanes])
    assert result.exit_code == 2
    assert "fast,cpu,gpu,regrade" in result.output.replace("\n", "")
