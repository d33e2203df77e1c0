"""What tests of the work ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from work_office import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.ledger.close()
