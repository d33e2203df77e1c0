"""A GPU, a lease of it, and what a sandbox shows of it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

MIB = 1024**2
CONTEXT_BYTES = 640 * MIB
"""What CUDA itself holds on the device for each process, outside of torch's allocator: 520 MiB on
an H100 with cuBLAS and cuDNN loaded."""
SMALLEST_SHARE = 0.05


@dataclass(frozen=True)
class Gpu:
    """A device as its driver knows it.

    Attributes:
        uuid: ``GPU-...``, which stays the same when cards are moved.
        minor: N of ``/dev/nvidiaN``; not always its index.
        name: the model.
        memory_bytes: all of its memory.
        mig: it is split into MIG instances, which this grader does not hand out.
    """

    uuid: str
    minor: int
    name: str
    memory_bytes: int
    mig: bool = False


@dataclass(frozen=True)
class Lease:
    """A share of a GPU for one run.

    Attributes:
        gpu: which.
        share: part of its memory that torch may allocate, above 0 and at most 1.
        shares: how many runs the device is handed out to at once.
        mps: folder of the pipes of a CUDA multi-process server, shown inside at the same path.
    """

    gpu: Gpu
    share: float = 1.0
    shares: int = 1
    mps: Path | None = None

    @property
    def memory_bytes(self) -> int:
        """What the run may hold on the device, CUDA's own part included."""
        return self.gpu.memory_bytes // self.shares


def lease(gpu: Gpu, shares: int, mps: Path | None) -> Lease:
    """One of `shares` equal parts of a device, less what CUDA takes outside of torch."""
    if shares == 1:
        return Lease(gpu, mps=mps)
    share = 1 / shares - CONTEXT_BYTES / max(gpu.memory_bytes, 1)
    return Lease(gpu, max(SMALLEST_SHARE, share), shares, mps)


def nodes(gpu: Gpu) -> tuple[Path, ...]:
    """The device files that CUDA opens; the tools' one is missing on some machines."""
    return tuple(
        Path("/dev") / name
        for name in (f"nvidia{gpu.minor}", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")
    )


def variables(given: Lease | None) -> dict[str, str]:
    """The guest's variables; without a lease none of the machine's GPUs is visible to CUDA.

    torch reads the fraction when it is imported, hence before any line of the student's that could
    allocate; every process of the run gets it.
    """
    if given is None:
        return {"CUDA_VISIBLE_DEVICES": ""}
    words = {
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        "CUDA_VISIBLE_DEVICES": given.gpu.uuid,
    }
    if given.share < 1:
        words["PYTORCH_CUDA_ALLOC_CONF"] = f"per_process_memory_fraction:{given.share:.4f}"
    if given.mps is not None:
        words["CUDA_MPS_PIPE_DIRECTORY"] = str(given.mps)
        words["CUDA_MPS_ACTIVE_THREAD_PERCENTAGE"] = str(max(1, 100 // given.shares))
        words["CUDA_MPS_PINNED_DEVICE_MEM_LIMIT"] = f"0={given.memory_bytes // MIB}M"
    return words


def present(given: Lease | None) -> tuple[Path, ...]:
    """The device files of a lease that this machine has; asks the file system."""
    return tuple(node for node in nodes(given.gpu) if node.exists()) if given else ()


def bubblewrap_nodes(files: Iterable[Path]) -> list[str]:
    """Bubblewrap's arguments that show device files: plain binds would be ``nodev``."""
    return [word for node in files for word in ("--dev-bind", str(node), str(node))]


def bubblewrap_pipes(given: Lease | None) -> list[str]:
    """Bubblewrap's arguments that show the pipes of a multi-process server."""
    if given is None or given.mps is None:
        return []
    return ["--bind", str(given.mps), str(given.mps)]


def container_words(
    given: Lease | None, files: Iterable[Path], *, engine: str, machine: bool
) -> list[str]:
    """The engine's arguments.

    Where the image shows this machine's ``/usr`` the driver's libraries come with it, and device
    files are all that is missing. An image of its own needs the engine to bring the libraries in:
    NVIDIA's toolkit for Docker, a CDI description for podman.

    Args:
        given: the lease, or None.
        files: device files that exist on this machine.
        engine: ``docker`` or ``podman``.
        machine: the image shows this machine's ``/usr``.
    """
    if given is None:
        return []
    if machine:
        words = [part for node in files for part in ("--device", str(node))]
    elif engine == "docker":
        words = ["--gpus", f"device={given.gpu.uuid}"]
    else:
        words = ["--device", f"nvidia.com/gpu={given.gpu.uuid}"]
    if given.mps is not None:
        words += ["--volume", f"{given.mps}:{given.mps}:rw"]
    return words
