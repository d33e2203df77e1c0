"""A Docker engine of a test's own, which the test may break; it leaves nothing."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 30.0


@dataclass(frozen=True)
class OwnEngine:
    """It runs; its folder, where its images and containers are, its address and its process."""

    data: Path
    address: str
    process: "subprocess.Popen[bytes]"


@contextmanager
def own_engine(folder: Path, data_bytes: int) -> Iterator[OwnEngine]:
    """Start one whose data are on a file system of that size; `folder` is its own, and short."""
    data, address = folder / "data", f"unix://{folder}/socket"
    data.mkdir()
    size = f"size={data_bytes}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(data)], check=True)
    words = ("--data-root", str(data), "--exec-root", f"{folder}/exec", "--bridge=none")
    more = ("--pidfile", f"{folder}/pid", "--iptables=false", "--host", address)
    cgroups = ("--exec-opt", "native.cgroupdriver=cgroupfs")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["dockerd", *words, *more, *cgroups], stdout=log, stderr=log, start_new_session=True
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not _answers(address):
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, "dockerd does not answer"
            time.sleep(0.1)
        yield OwnEngine(data, address, process)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        _clear(folder)


def _answers(address: str) -> bool:
    words = ["docker", "--host", address, "version"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def _clear(folder: Path) -> None:
    """End what a killed daemon left, and unmount what it mounted."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            with suppress(OSError):
                if str(folder).encode() in (process / "cmdline").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    for point in reversed([line.split()[4] for line in lines]):
        if point.startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", point], check=True)
    shutil.rmtree(folder, ignore_errors=True)
