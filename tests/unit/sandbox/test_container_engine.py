"""How an engine is called, and what its runtime needs."""

from pathlib import Path

import pytest

from grader.sandbox.container.engine import Engine, counted, is_gvisor


@pytest.mark.parametrize(
    ("runtime", "gvisor"),
    [(None, False), ("runc", False), ("crun", False), ("runsc", True), ("/usr/bin/runsc", True)],
)
def test_gvisor_is_told_by_name_or_path_and_gets_threads_of_its_own(
    runtime: str | None, *, gvisor: bool
) -> None:
    assert is_gvisor(runtime) == gvisor
    assert counted(runtime, 40) == 40 or gvisor
    assert (counted(runtime, 40) > 1513) == gvisor  # what 40 processes were seen to take at once


def test_docker_names_the_runtime_when_it_creates_a_container_not_before() -> None:
    engine = Engine("docker", Path("/usr/bin/docker"), "runsc")
    assert engine.command("version") == ["/usr/bin/docker", "version"]
