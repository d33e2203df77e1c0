from collections.abc import Iterator

import pytest
from served_answers import Serve, serving


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Begins services that answer what is wanted; the client of each speaks to it."""
    with serving() as begin:
        yield begin
