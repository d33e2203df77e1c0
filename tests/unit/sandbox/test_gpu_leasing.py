import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from gpu_examples import FIRST, GIB, Results, gpus

from grader.domain.gpu import GpuNeed
from grader.domain.limits import Limits
from grader.errors import SandboxError
from grader.sandbox.fake import FakeSandbox
from grader.sandbox.gpu.device import Gpu
from grader.sandbox.gpu.driver import DriverError, FakeDriver
from grader.sandbox.gpu.leasing import Leasing, Signs
from grader.sandbox.interface import Job, RunEnd


@dataclass
class Forgetful(FakeDriver):
    """Does not tell how much memory is taken, one time: after the lease, before the run."""

    asked: int = 0

    def used(self, gpu: Gpu) -> int:
        self.asked += 1
        if self.asked == 2:
            raise DriverError("busy")
        return super().used(gpu)


def _run(
    folder: Path,
    driver: FakeDriver,
    inner: FakeSandbox,
    *,
    need: GpuNeed = "required",
    test: Results | None = None,
    shares: int = 1,
) -> RunEnd:
    box = Leasing(inner, gpus(folder, driver, test=test, shares=shares))
    return box.run(Job(folder, None, Limits(threads=1), gpu=need), lambda _: None)


def test_the_backend_gets_the_lease_and_the_report_the_device(tmp_path: Path) -> None:
    inner = FakeSandbox()
    end = _run(tmp_path, FakeDriver((FIRST,)), inner)
    assert inner.jobs[0].lease is not None
    assert inner.jobs[0].lease.gpu == FIRST
    assert end.facts.gpu is not None
    assert (end.facts.gpu.name, end.facts.gpu.share) == ("NVIDIA A16", 1)


def test_without_a_device_the_cpu_runs_it_and_the_report_says_why_where_there_is_one(
    tmp_path: Path,
) -> None:
    inner = FakeSandbox()
    tester = Results(GPU_1111="wrong sums")
    end = _run(tmp_path, FakeDriver((FIRST,)), inner, need="preferred", test=tester)
    assert inner.jobs[0].lease is None
    assert end.facts.gpu is None
    assert "NVIDIA A16 (GPU-1111) is out of service: wrong sums" in end.facts.warnings


def test_a_device_that_breaks_during_a_run_is_our_failure_and_goes_out_of_service(
    tmp_path: Path,
) -> None:
    tester = Results()
    driver = FakeDriver((FIRST,))

    def run_and_break(_: Job) -> Iterator[bytes]:
        tester.broken = {"GPU_1111": "CUDA does not see it"}
        yield b'{"message": "CUDA error: uncorrectable ECC err'
        yield b'or encountered"}'

    with pytest.raises(SandboxError, match="CUDA does not see it") as caught:
        _run(tmp_path, driver, FakeSandbox(run_and_break), test=tester)
    assert caught.value.code == "gpu_failed"
    with pytest.raises(SandboxError, match="is out of service"):
        _run(tmp_path, driver, FakeSandbox(), test=tester)


def test_a_notebook_that_only_prints_of_a_failing_gpu_is_judged_as_any_other(
    tmp_path: Path,
) -> None:
    tester = Results()
    end = _run(tmp_path, FakeDriver((FIRST,)), FakeSandbox([b"CUDA error: mine"]), test=tester)
    assert tester.asked == 2
    assert end.stopped is None


def test_a_run_that_says_nothing_of_the_gpu_costs_no_second_test(tmp_path: Path) -> None:
    tester = Results()
    _run(tmp_path, FakeDriver((FIRST,)), FakeSandbox([b"all is well"]), test=tester)
    assert tester.asked == 1


@pytest.mark.parametrize("cut", range(1, 10))
def test_a_sign_is_seen_wherever_the_stream_is_cut(cut: int) -> None:
    signs = Signs()
    for piece in (b"xx CUDA error"[:cut], b"xx CUDA error"[cut:]):
        signs.feed(piece)
    assert signs.seen


def test_memory_that_a_dead_run_keeps_takes_the_device_out_of_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.sandbox.gpu.leasing.PATIENCE_SECONDS", 0.2)
    driver = FakeDriver((FIRST,))

    def leak(_: Job) -> Iterator[bytes]:
        driver.other[FIRST.uuid] = GIB
        yield b""

    _run(tmp_path, driver, FakeSandbox(leak))
    with pytest.raises(SandboxError, match="1024 MiB were not given back"):
        _run(tmp_path, driver, FakeSandbox())


def test_memory_that_a_stranger_took_meanwhile_condemns_no_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.sandbox.gpu.leasing.PATIENCE_SECONDS", 0.2)
    driver = FakeDriver((FIRST,))

    def run_beside_a_stranger(_: Job) -> Iterator[bytes]:
        driver.held[FIRST.uuid] = {os.getpid(): GIB}
        yield b""

    _run(tmp_path, driver, FakeSandbox(run_beside_a_stranger))
    assert _run(tmp_path, driver, FakeSandbox()).facts.gpu is not None


def test_what_the_driver_lists_for_a_process_that_is_dead_was_not_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.sandbox.gpu.leasing.PATIENCE_SECONDS", 0.2)
    driver = FakeDriver((FIRST,))
    dead = subprocess.Popen(["true"])
    dead.wait()

    def leak(_: Job) -> Iterator[bytes]:
        driver.held[FIRST.uuid] = {dead.pid: GIB}
        yield b""

    _run(tmp_path, driver, FakeSandbox(leak))
    with pytest.raises(SandboxError, match="1024 MiB were not given back"):
        _run(tmp_path, driver, FakeSandbox())


def test_where_the_test_after_a_failure_finds_no_memory_nobody_is_judged(tmp_path: Path) -> None:
    tester = Results()
    driver = FakeDriver((FIRST,))

    def run_beside_a_stranger(_: Job) -> Iterator[bytes]:
        tester.busy = "could not be tested, others use it"
        yield b"CUDA error: out of memory"

    with pytest.raises(SandboxError, match="cannot be told") as caught:
        _run(tmp_path, driver, FakeSandbox(run_beside_a_stranger), test=tester)
    assert caught.value.code == "gpu_failed"
    tester.busy = ""
    assert _run(tmp_path, driver, FakeSandbox(), test=tester).facts.gpu is not None


def test_memory_of_others_condemns_no_device_whose_driver_did_not_answer_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.sandbox.gpu.leasing.PATIENCE_SECONDS", 0.2)
    driver = Forgetful((FIRST,), other={FIRST.uuid: GIB})
    end = _run(tmp_path, driver, FakeSandbox())
    assert end.facts.gpu is not None
    assert end.facts.gpu.peak_memory_bytes is None
    assert _run(tmp_path, driver, FakeSandbox()).facts.gpu is not None


def test_a_driver_that_stops_answering_during_a_run_costs_nobody_a_report(tmp_path: Path) -> None:
    driver = FakeDriver((FIRST,))

    def stop(_: Job) -> Iterator[bytes]:
        driver.broken = "gone"
        yield b""

    assert _run(tmp_path, driver, FakeSandbox(stop)).facts.gpu is not None
