import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.sandbox.interface import Receive, Refused
from grader.sandbox.linux.pump import Pump, Streams, Tail


@given(st.lists(st.binary(max_size=50)), st.integers(1, 60))
def test_a_tail_is_the_end_of_all_that_came(chunks: list[bytes], size: int) -> None:
    tail = Tail(size)
    for chunk in chunks:
        if chunk:
            tail.add(chunk)
    assert tail.bytes() == b"".join(chunks)[-size:]


@dataclass
class Pipes:
    """Four pipes in place of a process: results, stderr, status, ended."""

    readers: list[int]
    writers: list[int]
    ended: int = 0

    def end(self) -> None:
        """What killing does: every writing end closes."""
        self.ended += 1
        for writer in self.writers:
            os.close(writer)
        self.writers.clear()

    def pump(self, receive: Receive, cap: int = 100, seconds: float = 60) -> Pump:
        deadline = time.monotonic() + seconds
        return Pump(Streams(*self.readers), receive, cap, deadline, self.end)


@pytest.fixture
def pipes() -> Iterator[Pipes]:
    pairs = [os.pipe() for _ in range(4)]
    made = Pipes([read for read, _ in pairs], [write for _, write in pairs])
    yield made
    for descriptor in (*made.readers, *made.writers):
        os.close(descriptor)


def test_everything_is_read_to_the_end_after_the_process_has_ended(pipes: Pipes) -> None:
    for writer, text in zip(pipes.writers, (b"result", b"error", b"status"), strict=False):
        os.write(writer, text)
    os.close(pipes.writers.pop())
    got = bytearray()
    pump = pipes.pump(got.extend)
    pump.run()
    assert (got, pump.stderr.bytes(), pump.status.bytes()) == (b"result", b"error", b"status")
    assert pump.halted is None


def test_one_byte_over_the_cap_ends_it_and_is_not_handed_out(pipes: Pipes) -> None:
    os.write(pipes.writers[0], bytes(101))
    got = bytearray()
    pump = pipes.pump(got.extend, cap=100)
    pump.run()
    assert got == b""
    assert pipes.ended == 1
    assert pump.halted is not None
    assert pump.halted.reason == "evidence_too_large"


def test_exactly_the_cap_is_fine(pipes: Pipes) -> None:
    os.write(pipes.writers[0], bytes(100))
    os.close(pipes.writers.pop())
    got = bytearray()
    pump = pipes.pump(got.extend, cap=100)
    pump.run()
    assert len(got) == 100
    assert pump.halted is None


def test_silence_until_the_deadline_ends_it(pipes: Pipes) -> None:
    pump = pipes.pump(lambda _: None, seconds=0.05)
    pump.run()
    assert pump.halted is not None
    assert pump.halted.reason == "wall_time"
    assert pipes.ended == 1


def test_nothing_is_handed_out_after_a_refusal(pipes: Pipes) -> None:
    calls = []

    def refuse(chunk: bytes) -> None:
        calls.append(chunk)
        os.write(pipes.writers[0], b"more")
        raise Refused("enough")

    os.write(pipes.writers[0], b"first")
    pump = pipes.pump(refuse)
    pump.run()
    assert calls == [b"first"]
    assert pump.halted is not None
    assert pump.halted.message == "enough"
