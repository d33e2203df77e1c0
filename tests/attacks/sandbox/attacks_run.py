"""Runs attacks, on a backend as it is and on a weakened one, and reads what came of them."""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import weakened
from attack import Attack, Bite
from decoys import Host, plant_in_job
from sandbox_jobs import Runner, unavailable

from grader.sandbox.bubblewrap import launch
from grader.sandbox.interface import RunEnd, Sandbox

BITING = ("bubblewrap", "docker")
"""Backends that are weakened; podman and the warm ones hold by the same means as these."""


@dataclass(frozen=True)
class Tried:
    """What came of an attack.

    Attributes:
        through: ways that got through.
        failed: way -> how it failed; nothing where the run was stopped before it could tell.
        end: how the run ended.
    """

    through: frozenset[str]
    failed: dict[str, str]
    end: RunEnd


def attacked(
    sandbox: Sandbox, folder: Path, planted: Host, attack: Attack, *, modest: bool = False
) -> Tried:
    """Run an attack; `modest`: where its defence is out, it takes no more than shows that."""
    known = {**planted.known, "amount": attack.modest if modest else attack.amount}
    job = Runner(sandbox, folder).job(attack.guest(known), **attack.limits)
    plant_in_job(job.folder)
    out = bytearray()
    end = sandbox.run(job, out.extend)
    expected = {None} if modest else attack.ends
    assert (end.stopped and end.stopped.reason) in expected, end
    found = json.loads(out) if out else {"through": [], "failed": {}}
    assert out or end.stopped, end
    return Tried(frozenset(found["through"]), found["failed"], end)


def check_nothing_gets_through(
    sandbox: Sandbox, folder: Path, planted: Host, attack: Attack
) -> None:
    """Run it: no way but what is tolerated; and none may be tried that nothing shows to bite."""
    backend, tried = sandbox.name, attacked(sandbox, folder, planted, attack)
    tolerated = set(attack.tolerated.get(backend, {}))
    assert tried.through - tolerated == set(), tried
    if backend in BITING:
        shown = frozenset[str]().union(*(each.ways for each in attack.bites[backend]))
        shown |= set(attack.blunt.get(backend, {})) | tolerated
        assert tried.through | set(tried.failed) <= shown
        assert tried.end.stopped or shown == tried.through | set(tried.failed)


def weak(request: pytest.FixtureRequest, planted: Host, backend: str, bite: Bite) -> Sandbox:
    """The backend with the defence out that this bite is about."""
    if os.geteuid() != 0:
        unavailable("only root can take defences out")
    if platform.machine() != "x86_64":
        pytest.skip("what bites was tried on x86_64 only: some calls exist nowhere else")
    folder = planted.folder_for(backend)
    weakening = bite.weakening.aimed(folder=str(planted.folder), secret=planted.secret)
    if not weakening.rlimits:
        patch = request.getfixturevalue("monkeypatch")
        patch.setattr(launch, "LAUNCHER", weakened.launcher(folder))
    if backend == "bubblewrap":
        return weakened.bubblewrap(weakening, folder)
    return weakened.container(request.getfixturevalue(backend), weakening, folder)


def named(attacks: Iterable[Attack]) -> list[Any]:
    """Attacks as parameters of a test."""
    return [pytest.param(attack, id=attack.name) for attack in attacks]


def bites(attacks: Iterable[Attack]) -> list[Any]:
    """(backend, attack, bite) of all of them."""
    return [
        pytest.param(backend, attack, each, id=f"{backend}-{attack.name}-{number}")
        for attack in attacks
        for backend in BITING
        for number, each in enumerate(attack.bites[backend])
    ]


def blunt(attacks: Iterable[Attack]) -> list[Any]:
    """The reasons why ways cannot bite here."""
    return [
        pytest.param(reason, id=f"{backend}-{attack.name}-{way}")
        for attack in attacks
        for backend, ways in attack.blunt.items()
        for way, reason in ways.items()
    ]
