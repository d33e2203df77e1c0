import pytest

from grader.domain.evidence import Evidence
from grader.domain.limits import Limits
from grader.domain.run import CellRun, Environment, SandboxFacts, Stopped
from grader.scoring.limits_hit import limits_hit


def hits(
    stopped: Stopped, *cells: CellRun, forks_denied: int = 0
) -> list[tuple[str, int | None, str]]:
    facts = SandboxFacts(sandbox="fake", seconds=1, forks_denied=forks_denied)
    evidence = Evidence(Environment(), cells, (), stopped, facts)
    return [(hit.code, hit.cell, hit.message) for hit in limits_hit(evidence, Limits())]


FINISHED = Stopped(reason="finished")


def test_a_run_without_trouble_hit_nothing() -> None:
    assert hits(FINISHED, CellRun(index=1, status="ok"), CellRun(index=2, status="error")) == []


@pytest.mark.parametrize(
    "reason",
    [
        "wall_time",
        "memory",
        "kernel_died",
        "killed",
        "output",
        "processes",
        "evidence_too_large",
        "evidence_broken",
    ],
)
def test_what_ended_the_run_names_its_cell(reason: str) -> None:
    found = hits(Stopped.model_validate({"reason": reason, "cell": 4}))
    assert [(code, cell) for code, cell, _ in found] == [(reason, 4)]
    assert found[0][2].startswith("In cell 4: ")


def test_an_interrupted_cell_is_told_once() -> None:
    interrupted = CellRun(index=4, status="timed_out")
    assert [h[:2] for h in hits(FINISHED, interrupted)] == [("cell_seconds", 4)]
    ended = hits(Stopped(reason="wall_time", cell=4), interrupted)
    assert [h[:2] for h in ended] == [("wall_time", 4)]


def test_cut_output_and_denied_processes_are_told() -> None:
    found = hits(FINISHED, CellRun(index=2, status="ok", truncated=True), forks_denied=7)
    assert [h[:2] for h in found] == [("output", 2), ("processes", None)]
    assert "7 could not be started" in found[1][2]
