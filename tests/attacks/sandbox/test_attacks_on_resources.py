"""Every attack on the machine's resources ends, soon, as its reason says, and leaves nothing."""

from pathlib import Path

import pytest
from attack import Attack, Bite
from attacks_run import attacked, bites, check_nothing_gets_through, named, weak
from attacks_table import RESOURCES
from decoys import Host
from host_health import stays_well
from sandbox_jobs import INTERPRETER

from grader.sandbox.interface import Sandbox

pytestmark = pytest.mark.usefixtures("counted")


@pytest.mark.parametrize("attack", named(RESOURCES))
def test_nothing_gets_through(
    settled: Sandbox, tmp_path: Path, planted: Host, attack: Attack
) -> None:
    with stays_well(settled, tmp_path):
        check_nothing_gets_through(settled, tmp_path, planted, attack)


@pytest.mark.parametrize(("backend", "attack", "bite"), bites(RESOURCES))
def test_it_bites_where_the_defence_is_taken_out(  # noqa: PLR0917 - fixtures and parameters
    request: pytest.FixtureRequest,
    planted: Host,
    tmp_path: Path,
    backend: str,
    attack: Attack,
    bite: Bite,
) -> None:
    if "/tmp" in bite.weakening.last and INTERPRETER.prefix.is_relative_to("/tmp"):
        pytest.skip("this Python environment lies below /tmp, which would be hidden")
    tried = attacked(weak(request, planted, backend, bite), tmp_path, planted, attack, modest=True)
    assert bite.ways - tried.through == set(), tried
