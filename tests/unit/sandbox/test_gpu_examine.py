from dataclasses import replace
from pathlib import Path

from gpu_examples import FIRST, SECOND, Results, gpus

from grader.sandbox.gpu.driver import FakeDriver
from grader.sandbox.gpu.examine import examine


def test_each_device_is_told_with_its_name_memory_and_uuid(tmp_path: Path) -> None:
    one, two = examine(gpus(tmp_path, FakeDriver((FIRST, SECOND))), test=False)
    assert one.ok
    assert one.found == "NVIDIA A16, 16384 MiB, GPU-1111"
    assert "GPU-2222" in two.found


def test_a_device_out_of_service_is_told_with_the_way_back(tmp_path: Path) -> None:
    ours = gpus(tmp_path, FakeDriver((FIRST,)))
    ours.health.condemn(FIRST, "wrong sums")
    (found,) = examine(ours, test=False)
    assert not found.ok
    assert "out of service: wrong sums" in found.found
    assert "grader doctor --test-gpus" in found.fix


def test_testing_brings_a_device_that_passes_back_into_service(tmp_path: Path) -> None:
    ours = gpus(tmp_path, FakeDriver((FIRST,)))
    ours.health.condemn(FIRST, "wrong sums")
    (found,) = examine(ours, test=True)
    assert found.ok
    assert "passed the self-test" in found.found
    assert ours.health.known(FIRST) is None


def test_testing_takes_a_device_that_fails_out_of_service(tmp_path: Path) -> None:
    ours = gpus(tmp_path, FakeDriver((FIRST,)), test=Results(GPU_1111="signal 11"))
    (found,) = examine(ours, test=True)
    assert not found.ok
    assert ours.health.known(FIRST) == "signal 11"


def test_a_device_that_a_run_holds_is_not_tested_beside_it(tmp_path: Path) -> None:
    results = Results(GPU_1111="no memory for the test")
    ours = gpus(tmp_path, FakeDriver((FIRST,)), test=results)
    with ours.share(FIRST):
        (found,) = examine(gpus(tmp_path, FakeDriver((FIRST,)), test=results), test=True)
    assert not found.ok
    assert "runs use it" in found.found
    assert (results.asked, ours.health.known(FIRST)) == (0, None)


def test_a_device_that_strangers_fill_is_told_and_stays_in_service(tmp_path: Path) -> None:
    ours = gpus(tmp_path, FakeDriver((FIRST,)), test=Results(busy="others use it"))
    (found,) = examine(ours, test=True)
    assert not found.ok
    assert "others use it" in found.found
    assert ours.health.known(FIRST) is None


def test_looking_alone_tests_nothing(tmp_path: Path) -> None:
    results = Results()
    examine(gpus(tmp_path, FakeDriver((FIRST,)), test=results), test=False)
    assert results.asked == 0


def test_none_a_silent_driver_and_a_split_device_are_told_apart(tmp_path: Path) -> None:
    drivers = (
        FakeDriver(),
        FakeDriver(broken="no answer"),
        FakeDriver((replace(FIRST, mig=True),)),
    )
    said = [examine(gpus(tmp_path, driver), test=False)[0] for driver in drivers]
    assert not any(finding.ok or finding.required for finding in said)
    assert [finding.found.split(":")[-1].split(",")[0].strip() for finding in said] == [
        "none",
        "no answer",
        "split into MIG instances",
    ]
