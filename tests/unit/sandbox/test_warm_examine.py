from collections.abc import Callable
from dataclasses import dataclass

import pytest

from grader.errors import SandboxError
from grader.sandbox.fake import FakeSandbox
from grader.sandbox.warm.examine import kernel, libraries


@dataclass
class Warming(FakeSandbox):
    """Warms up by calling that."""

    warms: Callable[[], None] = lambda: None

    def warm_up(self) -> None:
        self.warms()


@pytest.mark.parametrize(
    ("release", "ok"),
    [("5.12.0", True), ("6.18.44-fc-v669", True), ("5.10.0-30-amd64", False), ("4.19", False)],
)
def test_a_kernel_must_know_the_newer_calls_for_mounts(release: str, *, ok: bool) -> None:
    found = kernel(release)
    assert found.ok is ok
    assert release in found.found
    assert ok or "5.12" in found.fix


def test_a_release_that_nobody_can_read_is_no_such_kernel() -> None:
    assert not kernel("linux").ok


def test_a_parent_that_does_not_come_up_is_told_with_what_it_said() -> None:
    def fail() -> None:
        raise SandboxError("warm_parent", "the warm parent: it has ended; it said 'no torch'")

    found = libraries(Warming(warms=fail))
    assert not found.ok
    assert "no torch" in found.found


def test_a_parent_that_is_up_is_told_with_how_long_it_took() -> None:
    assert libraries(Warming()).found.startswith("libraries imported in 0.")
