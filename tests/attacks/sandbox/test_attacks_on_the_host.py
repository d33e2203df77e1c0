"""Every attack on the host fails everywhere, and bites where its defence is taken out."""

from pathlib import Path

import pytest
from attack import Attack, Bite
from attacks_run import attacked, bites, blunt, check_nothing_gets_through, named, weak
from attacks_table import HOST
from decoys import Host

from grader.sandbox.interface import Sandbox


@pytest.mark.parametrize("attack", named(HOST))
def test_nothing_gets_through(
    sandbox: Sandbox, tmp_path: Path, planted: Host, attack: Attack
) -> None:
    check_nothing_gets_through(sandbox, tmp_path, planted, attack)


@pytest.mark.parametrize(("backend", "attack", "bite"), bites(HOST))
def test_it_bites_where_the_defence_is_taken_out(  # noqa: PLR0917 - fixtures and parameters
    request: pytest.FixtureRequest,
    planted: Host,
    tmp_path: Path,
    backend: str,
    attack: Attack,
    bite: Bite,
) -> None:
    tried = attacked(weak(request, planted, backend, bite), tmp_path, planted, attack, modest=True)
    assert bite.ways - tried.through == set(), tried


@pytest.mark.parametrize("reason", blunt(HOST))
def test_it_cannot_bite_here(reason: str) -> None:
    pytest.skip(reason)
