import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from gpu_examples import FIRST, GIB, SECOND, Results, gpus

from grader.errors import SandboxError
from grader.sandbox.gpu.driver import FakeDriver

BOTH = FakeDriver((FIRST, SECOND))


def test_a_notebook_that_wants_no_gpu_gets_none_and_nothing_is_asked(tmp_path: Path) -> None:
    broken = FakeDriver(broken="gone")
    with gpus(tmp_path, broken).hold("none") as granted:
        assert granted.lease is None
        assert granted.warnings == ()


def test_two_runs_at_once_get_different_devices(tmp_path: Path) -> None:
    with gpus(tmp_path, BOTH).hold("required") as one, gpus(tmp_path, BOTH).hold("required") as two:
        assert one.lease is not None
        assert two.lease is not None
        assert {one.lease.gpu, two.lease.gpu} == {FIRST, SECOND}


def test_a_device_in_two_shares_serves_two_runs_with_half_its_memory(tmp_path: Path) -> None:
    shared = gpus(tmp_path, FakeDriver((FIRST,)), shares=2)
    with shared.hold("required") as one, shared.hold("required") as two:
        assert one.lease == two.lease
        assert one.lease is not None
        assert one.lease.memory_bytes == 8 * GIB


def test_a_run_waits_until_another_process_gives_its_device_back(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            (
                "import sys; from filelock import FileLock\n"
                "lock = FileLock(sys.argv[1], mode=0o600)\n"
                "lock.acquire(); print('held', flush=True)\n"
                "sys.stdin.read()"
            ),
            str(tmp_path / f"{FIRST.uuid}-0.lock"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        got = threading.Event()

        def run() -> None:
            with gpus(tmp_path, FakeDriver((FIRST,))).hold("preferred") as granted:
                assert granted.lease is not None
                got.set()

        waiting = threading.Thread(target=run)
        waiting.start()
        assert not got.wait(1)
        holder.kill()  # its lock goes with it
        assert got.wait(20)
        waiting.join()
    finally:
        holder.kill()
        holder.communicate()


def test_closing_ends_the_wait(tmp_path: Path) -> None:
    ours = gpus(tmp_path, FakeDriver((FIRST,)))
    raised: list[SandboxError] = []

    def run() -> None:
        with pytest.raises(SandboxError, match="closed") as caught, ours.hold("required"):
            pass
        raised.append(caught.value)

    with gpus(tmp_path, FakeDriver((FIRST,))).hold("required"):
        waiting = threading.Thread(target=run)
        waiting.start()
        ours.close()
        waiting.join(20)
    assert raised


def test_without_any_gpu_preferred_means_the_cpu_without_a_word(tmp_path: Path) -> None:
    with gpus(tmp_path, FakeDriver()).hold("preferred") as granted:
        assert granted.lease is None
        assert granted.warnings == ()


def test_without_any_gpu_required_is_our_failure(tmp_path: Path) -> None:
    with (
        pytest.raises(SandboxError, match="needs a GPU: this machine has none") as caught,
        gpus(tmp_path, FakeDriver()).hold("required"),
    ):
        pass
    assert caught.value.code == "no_gpu"


def test_with_no_shares_the_gpus_of_a_machine_are_left_alone(tmp_path: Path) -> None:
    ours = gpus(tmp_path, BOTH, shares=0)
    with ours.hold("preferred") as granted:
        assert granted.lease is None
    with pytest.raises(SandboxError, match="GRADER_GPU_SHARES is 0"), ours.hold("required"):
        pass


@pytest.mark.parametrize(
    ("driver", "test", "reason"),
    [
        (FakeDriver((FIRST,)), Results(GPU_1111="a product differs"), "a product differs"),
        (FakeDriver((replace(FIRST, mig=True),)), None, "split into MIG instances"),
        (FakeDriver((FIRST,), other={FIRST.uuid: 10 * GIB}), None, "has 6144 MiB free"),
        (FakeDriver((FIRST,)), Results(busy="others use it"), "others use it"),
        (FakeDriver(broken="the NVIDIA driver does not answer"), None, "does not answer"),
    ],
)
def test_a_device_that_cannot_be_had_is_said_in_words(
    tmp_path: Path, driver: FakeDriver, test: Results | None, reason: str
) -> None:
    ours = gpus(tmp_path, driver, test=test)
    with ours.hold("preferred") as granted:
        assert granted.lease is None
        assert reason in granted.warnings[0]
    with pytest.raises(SandboxError, match=reason), ours.hold("required"):
        pass


def test_a_device_that_others_fill_is_not_tested_and_serves_again_once_they_are_gone(
    tmp_path: Path,
) -> None:
    driver = FakeDriver((FIRST,), other={FIRST.uuid: 10 * GIB})
    ours = gpus(tmp_path, driver, test=Results(GPU_1111="no memory for the test"))
    with ours.hold("preferred") as granted:
        assert granted.lease is None
    assert ours.health.known(FIRST) is None
    driver.other.clear()
    with gpus(tmp_path, driver).hold("required") as granted:
        assert granted.lease is not None


def test_a_device_that_could_not_be_tested_is_tested_the_next_time(tmp_path: Path) -> None:
    tester = Results(busy="others use it")
    ours = gpus(tmp_path, FakeDriver((FIRST,)), test=tester)
    with ours.hold("preferred") as granted:
        assert granted.lease is None
    tester.busy = ""
    with ours.hold("required") as granted:
        assert granted.lease is not None


def test_a_broken_device_is_passed_over_for_one_that_works(tmp_path: Path) -> None:
    ours = gpus(tmp_path, BOTH, test=Results(GPU_1111="fell off the bus"))
    with ours.hold("required") as granted:
        assert granted.lease is not None
        assert granted.lease.gpu == SECOND


def test_leases_are_given_back_when_their_run_fails(tmp_path: Path) -> None:
    ours = gpus(tmp_path, FakeDriver((FIRST,)))
    for _ in range(2):
        with ExitStack() as stack:
            stack.enter_context(pytest.raises(ZeroDivisionError))
            stack.enter_context(ours.hold("required"))
            raise ZeroDivisionError
