import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "conformance"))

from points_grading import Arena
from points_honest import FLAWED
from sandbox_jobs import answering_engine

from grader import scoring, wiring
from grader.domain.report import ScoreReport
from grader.sandbox.container.engine import KINDS
from grader.settings import Settings

LIMITS = {"wall_seconds": 400, "cell_seconds": 120}
"""Enough on a machine where much else runs; no attack but those told so waits for it."""


@pytest.fixture(scope="session")
def arena(
    needs_bubblewrap: None, mnist: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Arena]:
    made = _arena(tmp_path_factory.mktemp("state"), "bubblewrap")
    yield made
    made.bench.sandbox.close()


@pytest.fixture(scope="session", params=["warm", "podman", "docker"])
def elsewhere(
    request: pytest.FixtureRequest, mnist: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Arena]:
    """Another backend than most attacks are graded in."""
    if request.param in KINDS:
        answering_engine(request.param)
    made = _arena(tmp_path_factory.mktemp("state"), request.param)
    yield made
    made.bench.sandbox.close()


def _arena(state: Path, sandbox: str) -> Arena:
    settings = Settings(state_dir=state, runtime_dir=state / "run")
    assignment = scoring.load("cnn")
    bench = wiring.rehearsal_bench(settings, assignment, wiring.sandbox(settings, sandbox))
    limits = bench.limits.model_copy(update=LIMITS)
    return Arena(assignment.rehearsed, replace(bench, limits=limits))


@pytest.fixture(scope="session")
def honest(arena: Arena) -> ScoreReport:
    """What the notebook earns that most attacks are put upon."""
    return arena.grade(FLAWED).report
