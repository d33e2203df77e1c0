"""What tests of the work ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from work_office import Office


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    if request.param == "sqlite":
        made = Office(tmp_path, f"sqlite:///{tmp_path / 'grader.db'}")
    else:
        made = Office(tmp_path, request.getfixturevalue("postgres").emptied())
    yield made
    made.ledger.close()
