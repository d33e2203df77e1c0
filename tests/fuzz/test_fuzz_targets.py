"""The promises of `fuzz_targets`: for valid bytes that were damaged, and what once broke one."""

from pathlib import Path
from typing import Any

import fuzz_targets
import pytest
from fuzz_targets import SEEDS, TARGETS, WORDS
from hypothesis import HealthCheck, given, settings, target
from hypothesis import strategies as st

FOUND = sorted((Path(__file__).parent / "found").iterdir())
NUMBERS = [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\1", b"\x7f\xff\xff\xff", b"\0\0\1\0" * 2]
TOKENS = [*(word.encode() for word in WORDS), *NUMBERS, b'"', b"{", b"]", b",", b"\\", b"\xff"]


@st.composite
def damaged(draw: Any, seeds: tuple[bytes, ...]) -> bytes:
    """One or two valid inputs after a few flips, cuts, splices, repetitions and lies."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        until = min(len(data), at + draw(st.sampled_from([0, 1, 2, 4, 8, 40])))
        match draw(st.sampled_from(["flip", "cut", "end", "token", "again", "splice"])):
            case "flip" if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del data[at:until]
            case "end":
                del data[at:]
            case "token":
                data[at:until] = draw(st.sampled_from(TOKENS))
            case "again":
                data[at:at] = data[at:until] * draw(st.sampled_from([1, 2, 50]))
            case "splice":
                other = draw(st.sampled_from(seeds))
                data[at:] = other[draw(st.integers(0, len(other))) :]
            case _:
                pass
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_is_taken(name: str) -> None:
    taken = [TARGETS[name](seed) for seed in SEEDS[name]]
    assert taken[0] > 0


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_damaged_bytes_keep_every_promise(name: str, data: st.DataObject) -> None:
    target(float(TARGETS[name](data.draw(damaged(SEEDS[name])))))


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=500))
def test_any_bytes_keep_every_promise(name: str, data: bytes) -> None:
    TARGETS[name](data)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_once_broke_a_promise_keeps_it(path: Path) -> None:
    TARGETS[path.name.partition("-")[0]](path.read_bytes())


def test_a_weaker_reader_breaks_a_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_targets, "objection", lambda _: "no")
    with pytest.raises(AssertionError):
        TARGETS["payload"](SEEDS["payload"][0])
