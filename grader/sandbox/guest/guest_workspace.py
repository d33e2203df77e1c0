"""The place where the notebook runs: its files, its data, its environment variables."""

import importlib.metadata
import os
import platform
import shutil
from collections.abc import Mapping
from pathlib import Path

from shared_text import short

LIBRARIES = ("torch", "torchvision", "numpy", "scipy", "matplotlib")
_GPU = Path("/proc/driver/nvidia/gpus")
_OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_RETRIES": "0",
    "PIP_DEFAULT_TIMEOUT": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
}
"""Without a network `!pip install` would try for a minute."""
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def furnish(files: Path, data: Path) -> None:
    """Copy the given files into the working directory and link ``data`` to the data sets.

    One by one: a copy of the folder would give the working directory its mode and times, and that
    is not always the guest's own (podman's tmpfs is root's, and open to all).
    """
    for entry in files.iterdir() if files.is_dir() else ():
        if entry.is_dir():
            shutil.copytree(entry, entry.name, dirs_exist_ok=True)
        else:
            shutil.copy2(entry, entry.name)
    link = Path("data")
    if data.is_dir() and not link.is_symlink() and not link.exists():
        link.symlink_to(data)


def kernel_environment(private: Path, threads: int) -> dict[str, str]:
    """Environment variables of the kernel: ours, no network, and the number of threads."""
    environment = {**os.environ, **_OFFLINE, "IPYTHONDIR": str(private / "ipython")}
    if threads:
        for name in _THREADS:
            environment.setdefault(name, str(threads))
    return environment


def describe(threads: int) -> Mapping[str, object]:
    """The `Environment` of the run, without importing any of the libraries."""
    versions = {}
    for library in LIBRARIES:
        try:
            versions[library] = short(importlib.metadata.version(library))
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "libraries": versions,
        "device": _device(),
        "threads": threads or len(os.sched_getaffinity(0)),
    }


def _device() -> str:
    if not Path("/dev/nvidia0").exists():
        return "cpu"
    for information in _GPU.glob("*/information"):
        for line in information.read_text(errors="replace").splitlines():
            if line.startswith("Model:"):
                return short("cuda " + line.removeprefix("Model:").strip())
    return "cuda"
