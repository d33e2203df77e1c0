"""The disk of the evidence is full: no report without its evidence, and no attempt spent."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults_soundness import require_sound
from service_stubs.processes import until
from service_stubs.service import Service


@pytest.fixture
def disk(service: Service) -> Iterator[Path]:
    """A disk of its own for the service's files."""
    place = service.folder / "files"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("mounting is not allowed here")
    yield place
    service.stop()
    subprocess.run(["umount", str(place)], check=True)


def fill(disk: Path) -> Path:
    big = disk / "big"
    with big.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass
    return big


def test_evidence_that_finds_no_room_is_written_once_there_is_some(
    service: Service, disk: Path
) -> None:
    service.upkeep()
    service.worker("first", slots=1)
    identity = service.submit("a", seconds=1)
    until("its run begins", lambda: service.marks.counts("began"))
    big = fill(disk)
    until("we failed once", lambda: service.row(identity).failures == 1)
    assert service.reports([identity])[identity] == []
    big.unlink()
    until("it is graded", lambda: service.done([identity]))
    assert service.row(identity).state == "graded"
    require_sound(service, [identity], again={"a"})


def test_a_disk_that_stays_full_ends_in_a_named_reason_and_an_alert(
    service: Service, disk: Path
) -> None:
    service.upkeep()
    service.worker("first", slots=1)
    identity = service.submit("a", seconds=0.5)
    until("its run begins", lambda: service.marks.counts("began"))
    fill(disk)
    until("it is given up", lambda: service.done([identity]))
    row = service.row(identity)
    assert (row.state, row.reason, row.failures) == ("not_graded", "store", 3)
    assert service.alerts()["gave_up"] == [identity]
    require_sound(service, [identity], again={"a"})
