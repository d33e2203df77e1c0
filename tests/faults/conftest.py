"""A service of real processes for each test; the logs of all of them where it fails."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from faults_soundness import require_ended
from service_stubs.service import Service


@pytest.fixture
def lease() -> float:
    """Seconds; tests wait for the end of leases."""
    return 2


@pytest.fixture
def service(redis_server: Path, lease: float) -> Iterator[Service]:
    """Redis and SQLite; a test starts what it needs besides."""
    made = Service(lease=lease)
    try:
        yield made
        made.stop()
        require_ended(made)
    finally:
        made.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    service = getattr(item, "funcargs", {}).get("service")
    if report.failed and isinstance(service, Service):
        for log in sorted(service.folder.glob("*.log")):
            report.sections.append((log.name, log.read_text(errors="replace")[-6000:]))
    return report
