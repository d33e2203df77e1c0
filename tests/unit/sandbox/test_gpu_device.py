from dataclasses import replace
from pathlib import Path

import pytest
from gpu_examples import FIRST, GIB, SECOND

from grader.sandbox.gpu.device import (
    CONTEXT_BYTES,
    Gpu,
    Lease,
    bubblewrap_nodes,
    bubblewrap_pipes,
    container_words,
    lease,
    nodes,
    variables,
)

MPS = Path("/run/mps")


def test_the_device_files_go_by_the_minor_number_and_not_by_the_index() -> None:
    assert nodes(SECOND)[0] == Path("/dev/nvidia3")


def test_bubblewrap_binds_device_files_as_devices() -> None:
    words = bubblewrap_nodes([Path("/dev/nvidia3"), Path("/dev/nvidiactl")])
    assert words[:3] == ["--dev-bind", "/dev/nvidia3", "/dev/nvidia3"]
    assert words.count("--dev-bind") == 2


def test_without_a_lease_cuda_sees_no_device_and_nothing_is_shown() -> None:
    assert variables(None) == {"CUDA_VISIBLE_DEVICES": ""}
    assert bubblewrap_pipes(None) == []
    assert container_words(None, [], engine="docker", machine=False) == []


def test_cuda_sees_the_leased_device_by_its_uuid_alone() -> None:
    assert variables(Lease(SECOND))["CUDA_VISIBLE_DEVICES"] == "GPU-2222"


def test_a_device_of_ones_own_has_no_fraction() -> None:
    assert not any("ALLOC" in name for name in variables(lease(FIRST, 1, None)))


def test_shares_and_what_cuda_itself_takes_fit_into_the_memory_together() -> None:
    half = lease(FIRST, 2, None)
    assert 2 * (half.share * FIRST.memory_bytes + CONTEXT_BYTES) == pytest.approx(16 * GIB)
    assert variables(half)["PYTORCH_CUDA_ALLOC_CONF"].startswith("per_process_memory_fraction:0.4")


def test_a_small_device_in_many_shares_leaves_each_of_them_something() -> None:
    small = Gpu("GPU-3", 0, "small", 2 * GIB)
    assert lease(small, 8, None).share == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("engine", "machine", "words"),
    [
        ("docker", True, ["--device", "/dev/nvidia0"]),
        ("podman", True, ["--device", "/dev/nvidia0"]),
        ("docker", False, ["--gpus", "device=GPU-1111"]),
        ("podman", False, ["--device", "nvidia.com/gpu=GPU-1111"]),
    ],
)
def test_an_image_of_its_own_gets_the_driver_from_the_engine(
    engine: str, machine: bool, words: list[str]
) -> None:
    given = container_words(Lease(FIRST), [Path("/dev/nvidia0")], engine=engine, machine=machine)
    assert given == words


def test_a_multi_process_server_is_reached_by_its_folder_with_a_share_of_threads_and_memory() -> (
    None
):
    given = replace(lease(FIRST, 4, None), mps=MPS)
    words = variables(given)
    assert words["CUDA_MPS_PIPE_DIRECTORY"] == "/run/mps"
    assert words["CUDA_MPS_ACTIVE_THREAD_PERCENTAGE"] == "25"
    assert words["CUDA_MPS_PINNED_DEVICE_MEM_LIMIT"] == "0=4096M"
    assert bubblewrap_pipes(given) == ["--bind", "/run/mps", "/run/mps"]
    shown = container_words(given, [], engine="podman", machine=True)
    assert shown == ["--volume", "/run/mps:/run/mps:rw"]
