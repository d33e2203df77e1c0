"""Every attack on the host fails everywhere, and bites where its defence is taken out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import host_devices
import host_kernel
import host_reach
import pytest
import weakened
from attack import Attack, Bite
from decoys import Host, host, plant_in_job
from sandbox_jobs import BACKENDS, Ran, Runner

from grader.sandbox.interface import Sandbox

ATTACKS = (*host_reach.ATTACKS, *host_kernel.ATTACKS, *host_devices.ATTACKS)
BITING = ("bubblewrap", "docker")
"""Backends that are weakened; podman and the warm ones hold by the same means as these."""


@pytest.fixture(scope="session")
def planted() -> Iterator[Host]:
    with host() as planted:
        yield planted


@pytest.fixture(scope="session")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return BACKENDS["docker"](tmp_path_factory.mktemp("runtime"))


def named(attacks: tuple[Attack, ...]) -> list[Any]:
    return [pytest.param(attack, id=attack.name) for attack in attacks]


def bites() -> Iterator[Any]:
    for attack in ATTACKS:
        for backend in BITING:
            for number, each in enumerate(attack.bites[backend]):
                yield pytest.param(backend, attack, each, id=f"{backend}-{attack.name}-{number}")


def blunt() -> Iterator[Any]:
    for attack in ATTACKS:
        for backend, ways in attack.blunt.items():
            for way, reason in ways.items():
                yield pytest.param(reason, id=f"{backend}-{attack.name}-{way}")


def attacked(sandbox: Sandbox, folder: Path, planted: Host, attack: Attack) -> Ran:
    job = Runner(sandbox, folder).job(attack.guest(planted.known))
    plant_in_job(job.folder)
    out = bytearray()
    ran = Ran(out, sandbox.run(job, out.extend))
    assert ran.end.stopped is None, ran.end
    return ran


@pytest.mark.parametrize("attack", named(ATTACKS))
def test_nothing_gets_through(
    sandbox: Sandbox, tmp_path: Path, planted: Host, attack: Attack
) -> None:
    ran = attacked(sandbox, tmp_path, planted, attack)
    tried, backend = ran.report, sandbox.name
    through = set(tried["through"]) - set(attack.tolerated.get(backend, {}))
    assert through == set(), (tried, ran.end.stderr)
    if backend in BITING:  # no way may be tried that nothing shows to bite
        shown = frozenset[str]().union(*(each.ways for each in attack.bites[backend]))
        shown |= set(attack.blunt.get(backend, {})) | set(attack.tolerated.get(backend, {}))
        assert shown == {*tried["through"], *tried["failed"]}


@pytest.mark.parametrize(("backend", "attack", "bite"), list(bites()))
def test_it_bites_where_the_defence_is_taken_out(  # noqa: PLR0917 - fixtures and parameters
    request: pytest.FixtureRequest,
    planted: Host,
    tmp_path: Path,
    backend: str,
    attack: Attack,
    bite: Bite,
) -> None:
    folder = planted.folder_for(backend)
    weakening = bite.weakening.aimed(folder=str(planted.folder), secret=planted.secret)
    if backend == "docker":
        weak: Sandbox = weakened.container(request.getfixturevalue("docker"), weakening, folder)
    else:
        weak = weakened.bubblewrap(weakening, folder)
    ran = attacked(weak, tmp_path, planted, attack)
    tried = ran.report
    assert bite.ways - set(tried["through"]) == set(), (tried, ran.end.stderr)


@pytest.mark.parametrize("reason", list(blunt()))
def test_it_cannot_bite_here(reason: str) -> None:
    pytest.skip(reason)
