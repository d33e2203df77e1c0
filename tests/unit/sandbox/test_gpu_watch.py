import os

import pytest
from gpu_examples import FIRST, GIB

from grader.sandbox.gpu.device import Lease, lease
from grader.sandbox.gpu.driver import FakeDriver
from grader.sandbox.gpu.watch import Watched, owner


@pytest.fixture(autouse=True)
def _always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.sandbox.gpu.watch.EVERY_SECONDS", 0.0)


def test_of_a_device_of_its_own_a_run_holds_all_that_was_added() -> None:
    driver = FakeDriver((FIRST,), other={FIRST.uuid: GIB})
    watched = Watched(Lease(FIRST), driver, before=GIB)
    driver.other[FIRST.uuid] = 12 * GIB
    assert watched.look(61_000) is None
    driver.other[FIRST.uuid] = 2 * GIB
    watched.look(61_000)
    assert watched.peak == 11 * GIB


def test_what_was_added_is_not_known_where_nobody_knows_what_was_there() -> None:
    driver = FakeDriver((FIRST,), other={FIRST.uuid: GIB})
    watched = Watched(Lease(FIRST), driver, before=None)
    assert watched.look(61_000) is None
    assert watched.peak is None


def test_of_a_shared_device_a_run_holds_what_its_own_user_holds() -> None:
    driver = FakeDriver((FIRST,), held={FIRST.uuid: {os.getpid(): GIB, 1 << 22: 9 * GIB}})
    watched = Watched(lease(FIRST, 2, None), driver, before=0)
    assert watched.look(os.getuid()) is None
    assert watched.peak == GIB


def test_a_run_that_takes_more_than_its_share_is_ended_with_the_reason() -> None:
    driver = FakeDriver((FIRST,), held={FIRST.uuid: {os.getpid(): 9 * GIB}})
    stopped = Watched(lease(FIRST, 2, None), driver, before=0).look(os.getuid())
    assert stopped is not None
    assert stopped.reason == "memory"
    assert "held 9216 MiB of the GPU's memory, of which 8192 MiB are its share" in stopped.message


def test_of_a_shared_device_nobody_can_tell_without_a_user_of_its_own() -> None:
    driver = FakeDriver((FIRST,), held={FIRST.uuid: {os.getpid(): 9 * GIB}})
    watched = Watched(lease(FIRST, 2, None), driver, before=0)
    assert watched.look(None) is None
    assert watched.peak is None


def test_a_driver_that_does_not_answer_ends_no_run() -> None:
    assert Watched(Lease(FIRST), FakeDriver(broken="gone"), before=0).look(1) is None


def test_a_process_that_is_gone_has_no_owner() -> None:
    assert owner(os.getpid()) == os.getuid()
    assert owner(1 << 22) is None
