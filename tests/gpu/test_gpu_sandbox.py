import threading
from dataclasses import replace
from pathlib import Path

from conformance.sandbox_jobs import Ran
from gpu.conftest import Place, place

from grader.domain.gpu import GpuNeed
from grader.domain.limits import GIB, MIB
from grader.sandbox.gpu.device import Gpu
from grader.sandbox.gpu.health import self_test
from grader.sandbox.gpu.nvml import Nvml
from grader.sandbox.interface import Job

LIMITS = {"memory_bytes": 8 * GIB, "processes": 256, "wall_seconds": 120, "tmp_bytes": 64 * MIB}
SEES = """
    import json, os, torch
    x = torch.arange(9.0, device="cuda").reshape(3, 3) if torch.cuda.is_available() else None
    nodes = sorted(n for n in os.listdir("/dev") if n.startswith("nvidia"))
    total = torch.cuda.get_device_properties(0).total_memory if x is not None else 0
    free, _ = torch.cuda.mem_get_info() if x is not None else (0, 0)
    print(json.dumps({
        "devices": torch.cuda.device_count(), "nodes": nodes, "total": total, "free": free,
        "trace": float((x @ x).trace()) if x is not None else None,
    }))
"""
TAKES = """
    import json, time, torch
    total = torch.cuda.get_device_properties(0).total_memory
    try:
        held = torch.empty(int(total * {part}), dtype=torch.uint8, device="cuda").fill_(1)
        told = "got it"
    except torch.OutOfMemoryError as error:
        told = str(error)
    time.sleep(2)
    torch.empty(10, device="cuda")
    print(json.dumps(told))
"""
TAKES_ALL_THE_SAME = """
    import time, torch
    torch.cuda.set_per_process_memory_fraction(1.0)
    total = torch.cuda.get_device_properties(0).total_memory
    held = torch.empty(int(total * 0.8), dtype=torch.uint8, device="cuda").fill_(1)
    torch.cuda.synchronize()
    print("held", flush=True)
    time.sleep(60)
"""


def _run(where: Place, script: str, need: GpuNeed = "required") -> Ran:
    return _ran(where, replace(where.run.job(script, **LIMITS), gpu=need))


def _ran(where: Place, job: Job) -> Ran:
    out = bytearray()
    end = where.box.run(job, out.extend)
    return Ran(bytes(out), end)


def test_the_self_test_passes_on_a_gpu_that_works(gpu: Gpu) -> None:
    assert self_test(gpu) is None


def test_a_run_computes_on_the_device_that_it_leased(
    backend: str, runtime: Path, tmp_path: Path, gpu: Gpu
) -> None:
    ran = _run(place(backend, runtime, tmp_path), SEES)
    assert ran.report["devices"] == 1
    assert ran.report["trace"] == 180.0
    assert f"nvidia{gpu.minor}" in ran.report["nodes"]
    assert ran.end.facts.gpu is not None
    assert ran.end.facts.gpu.uuid == gpu.uuid


def test_a_run_without_a_lease_sees_no_device(backend: str, runtime: Path, tmp_path: Path) -> None:
    ran = _run(place(backend, runtime, tmp_path), SEES, "none")
    assert (ran.report["devices"], ran.report["nodes"]) == (0, [])
    assert ran.end.facts.gpu is None


def test_the_most_memory_that_a_run_held_is_known_outside(
    backend: str, runtime: Path, tmp_path: Path, gpu: Gpu
) -> None:
    ran = _run(place(backend, runtime, tmp_path), TAKES.format(part=0.5))
    assert ran.report == "got it"
    assert ran.end.facts.gpu is not None
    peak = ran.end.facts.gpu.peak_memory_bytes
    assert peak is not None
    assert 0.5 * gpu.memory_bytes < peak < 0.6 * gpu.memory_bytes


def test_half_a_device_is_half_of_its_memory(backend: str, runtime: Path, tmp_path: Path) -> None:
    where = place(backend, runtime, tmp_path, shares=2)
    assert _run(where, TAKES.format(part=0.45)).report == "got it"
    assert "out of memory" in _run(where, TAKES.format(part=0.55)).report


def test_a_run_that_takes_more_than_its_share_all_the_same_is_ended(
    backend: str, runtime: Path, tmp_path: Path, gpu: Gpu
) -> None:
    ran = _run(place(backend, runtime, tmp_path, shares=2), TAKES_ALL_THE_SAME)
    assert ran.out == b"held\n"
    assert ran.end.stopped is not None
    assert ran.end.stopped.reason == "memory"
    assert "of the GPU's memory" in ran.end.stopped.message
    assert Nvml().used(gpu) < 2 * GIB


def test_two_sandboxes_share_a_device_at_once(backend: str, runtime: Path, tmp_path: Path) -> None:
    reports: list[object] = []
    meet = """
    import json, time, torch
    held = torch.empty(8 << 30, dtype=torch.uint8, device="cuda").fill_(1)
    torch.cuda.synchronize()
    time.sleep(12)
    free, total = torch.cuda.mem_get_info()
    print(json.dumps(total - free))
    """

    def one(number: int) -> None:
        where = place(backend, runtime, tmp_path / str(number), shares=2)
        reports.append(_run(where, meet).report)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reports) == 2
    assert max(int(str(used)) for used in reports) > 16 << 30, "they were there together"


def test_memory_comes_back_when_a_run_is_killed(
    backend: str, runtime: Path, tmp_path: Path, gpu: Gpu
) -> None:
    before = Nvml().used(gpu)
    where = place(backend, runtime, tmp_path)
    script = TAKES_ALL_THE_SAME
    job = replace(where.run.job(script, **{**LIMITS, "evidence_bytes": 2}), gpu="required")
    ran = _ran(where, job)
    assert ran.end.stopped is not None
    assert ran.end.stopped.reason == "evidence_too_large"
    assert Nvml().used(gpu) - before < 64 * MIB
    assert where.box.gpus.health.known(gpu) is None


def test_a_notebook_that_breaks_its_cuda_context_is_its_own_fault(
    runtime: Path, tmp_path: Path, gpu: Gpu
) -> None:
    where = place("bubblewrap", runtime, tmp_path)
    ran = _run(
        where,
        """
        import json, torch
        try:
            torch.zeros(3, device="cuda")[torch.tensor([7], device="cuda")].cpu()
        except Exception as error:
            print(json.dumps(str(error)))
        """,
    )
    assert "CUDA error: device-side assert" in ran.report
    assert ran.end.stopped is None
    assert where.box.gpus.health.known(gpu) is None
