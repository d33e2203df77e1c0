"""The compose file holds no secret, shows only the API, and asks for what .env.example has."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader.settings import Settings

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
EXAMPLE = (ROOT / ".env.example").read_text()
REQUIRED = re.findall(r"\$\{(\w+):\?", TEXT)


def test_every_secret_must_come_from_the_environment() -> None:
    assert {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "GRADER_COURSE_SECRET"} == set(REQUIRED)


@pytest.mark.parametrize("name", sorted(set(REQUIRED)))
def test_the_example_names_the_secret_and_holds_none(name: str) -> None:
    assert re.search(rf"^{name}=$", EXAMPLE, re.MULTILINE)


def test_every_variable_that_the_compose_file_reads_stands_in_the_example() -> None:
    read = set(re.findall(r"(?<!\$)\$\{(\w+)", TEXT))
    assert read <= set(re.findall(r"^#?(\w+)=", EXAMPLE, re.MULTILINE))


LEFT_OUT = {
    "data_dir": "the image says where its volume is",
    "rehearsal_dir": "the service rehearses nothing",
    "state_dir": "what would lie there is in the database and in the course secret's variable",
    "runtime_dir": "the image says where",
    "oci_runtime": "a worker's container reaches no engine, which would be root of the machine",
    "image": "as before",
    "waiting": "as before: only containers wait",
    "mps_pipes": "its folder would have to be mounted",
    "worker_data": "grader worker sets it itself",
}
"""Settings that have no use in this file, and why."""


def test_every_setting_comes_from_the_environment_or_is_left_out_for_a_reason() -> None:
    passed = {**SERVICES["api"]["environment"], **SERVICES["worker"]["environment"]}
    names = {name for name in Settings.model_fields if f"GRADER_{name.upper()}" in passed}
    assert names == set(Settings.model_fields) - set(LEFT_OUT)


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SERVICES["worker"]["environment"]:
        monkeypatch.setenv(name, "")
    assert (Settings().sandbox, Settings().gpu_shares) == ("auto", 1)


@pytest.mark.parametrize("name", ["worker", "worker-gpu"])
def test_a_worker_has_as_many_slots_as_the_machine_allows_unless_told(name: str) -> None:
    assert re.search(r"--slots \$\{(WORKER|GPU)_SLOTS:-0\}", SERVICES[name]["command"][-1])


def test_nothing_but_the_api_is_reached_from_outside_and_that_on_localhost_alone() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"api"}
    assert SERVICES["api"]["ports"] == ["${GRADER_LISTEN:-127.0.0.1:8000}:8000"]


@pytest.mark.parametrize("name", ["api", "upkeep", "migrate"])
def test_what_runs_no_notebook_has_no_capability_and_a_read_only_root(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert "no-new-privileges:true" in service["security_opt"]


@pytest.mark.parametrize("name", ["worker", "worker-gpu"])
def test_no_worker_has_the_socket_of_an_engine(name: str) -> None:
    assert not [volume for volume in SERVICES[name]["volumes"] if "docker.sock" in volume]


@pytest.mark.parametrize("name", ["worker", "worker-gpu"])
def test_a_worker_has_the_capabilities_that_it_needs_and_no_other(name: str) -> None:
    assert "privileged" not in SERVICES[name]
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert not {"SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "NET_ADMIN"} & set(
        SERVICES[name]["cap_add"]
    )


@pytest.mark.parametrize("name", ["api", "upkeep", "migrate", "postgres", "redis"])
def test_the_course_secret_goes_to_workers_alone(name: str) -> None:
    assert "GRADER_COURSE_SECRET" not in str(SERVICES[name])


@pytest.mark.parametrize("name", ["postgres", "redis", "api", "upkeep", "worker", "worker-gpu"])
def test_whatever_goes_on_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", ["worker", "worker-gpu"])
def test_something_reaps_what_a_sandbox_leaves_in_a_worker(name: str) -> None:
    assert SERVICES[name]["init"] is True


def test_postgres_is_ready_when_others_reach_it_not_while_it_sets_itself_up() -> None:
    assert "--host 127.0.0.1" in SERVICES["postgres"]["healthcheck"]["test"][1]


def test_redis_starts_by_its_image_s_entrypoint_which_leaves_root() -> None:
    assert "exec docker-entrypoint.sh redis-server" in SERVICES["redis"]["command"][-1]
