"""The compose file's health checks look where a worker and the upkeep give their signs of life."""

import os
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from work_office import Office

from grader.settings import Settings
from grader.work.upkeep import Upkeep
from tasks import grading, upkeep

COMPOSE = Path(__file__).parents[3] / "docker-compose.yml"
SERVICES = yaml.safe_load(COMPOSE.read_text())["services"]


def healthy(service: str, runtime: Path) -> bool:
    """What Docker would find in a container whose runtime folder this is."""
    kind, command = SERVICES[service]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    shell = ["/bin/sh", "-c", command.replace("$$", "$")]
    environment = {"PATH": os.defpath, "GRADER_RUNTIME_DIR": str(runtime)}
    return subprocess.run(shell, env=environment, check=False).returncode == 0


def of_a_worker(office: Office, settings: Settings) -> Callable[[], None]:
    del office
    return grading.make_pulse(settings, "w", ("fast",), 1)._alive


def of_the_upkeep(office: Office, settings: Settings) -> Callable[[], None]:
    works = Upkeep(office.ledger, office.queue, office.blobs, timedelta(seconds=60), office.clock)
    return upkeep.build(settings, works).tasks["grader.tend"]


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("service", "sign_of"),
    [("worker", of_a_worker), ("worker-gpu", of_a_worker), ("upkeep", of_the_upkeep)],
)
def test_a_health_check_sees_a_sign_of_life_and_that_it_grows_old(
    service: str,
    sign_of: Callable[[Office, Settings], Callable[[], None]],
    office: Office,
    tmp_path: Path,
) -> None:
    give = sign_of(office, Settings(state_dir=tmp_path / "state", runtime_dir=tmp_path))
    assert not healthy(service, tmp_path)
    give()
    assert healthy(service, tmp_path)
    [sign] = (tmp_path / "alive").iterdir()
    long_ago = time.time() - 300
    os.utime(sign, (long_ago, long_ago))
    assert not healthy(service, tmp_path)
