import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_house import House


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The school's database, made once: the others are copies."""
    made = House(tmp_path_factory.mktemp("house"))
    made.fill()
    made.ledger.close()
    return made


@pytest.fixture
def house(filled: House, tmp_path: Path) -> Iterator[House]:
    """The school, with its app running."""
    shutil.copy(filled.folder / "grader.db", tmp_path)
    made = House(tmp_path, tokens=dict(filled.tokens))
    with made.client:
        yield made
    made.ledger.close()
