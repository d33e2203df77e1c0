import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def solution() -> bytes:
    return (ROOT / "reference" / "cnn" / "solution.ipynb").read_bytes()
