"""What `--limits` accepts, and what it says of the rest."""

import pytest
import typer

from grader.cli.options import parse_limits
from grader.domain.limits import GIB, MIB, Limits

BASE = Limits(wall_seconds=900, memory_bytes=3 * GIB)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("", {}),
        ("wall_seconds=600", {"wall_seconds": 600}),
        ("cell_seconds=0.5", {"cell_seconds": 0.5}),
        ("memory_bytes=2GiB", {"memory_bytes": 2 * GIB}),
        ("memory_bytes=1.5 gib", {"memory_bytes": 1536 * MIB}),
        ("tmp_bytes=64MiB,answer_bytes=8KiB", {"tmp_bytes": 64 * MIB, "answer_bytes": 8192}),
        (" threads = 1 , processes=64,", {"threads": 1, "processes": 64}),
    ],
)
def test_each_limit_named_is_changed_and_no_other(text: str, changed: dict[str, float]) -> None:
    assert parse_limits(text, BASE) == BASE.model_copy(update=changed)


@pytest.mark.parametrize(
    "text",
    [
        "speed=9",
        "wall_seconds",
        "wall_seconds=",
        "wall_seconds=-1",
        "wall_seconds=nan",
        "wall_seconds=inf",
        "memory_bytes=1.2.3GiB",
        "memory_bytes=.GiB",
        "memory_bytes=2TiB",
        "threads=-1",
        "processes=1.5",
        "=3",
    ],
)
def test_a_limit_that_is_none_is_named_with_those_that_exist(text: str) -> None:
    with pytest.raises(typer.BadParameter) as refused:
        parse_limits(text, BASE)
    assert text.partition("=")[0] in refused.value.message
    assert "known: wall_seconds, cell_seconds" in refused.value.message
