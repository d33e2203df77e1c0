"""Whether a GPU works: tested in a process of its own, and remembered in files."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from pydantic import BaseModel, ValidationError

from grader.sandbox.gpu.device import Gpu
from grader.sandbox.linux.boot import boot_id

SELF_TEST = Path(__file__).with_name("selftest.py")
SECONDS = 180.0
"""What the test may take; importing torch from a cold disk is most of it."""
VALID_SECONDS = 3600.0
"""How long a passed test is believed."""

Test = Callable[[Gpu], str | None]
"""None: the device works; else what it did, in words. May raise `Busy`."""


class Busy(Exception):  # noqa: N818 - not an error of ours, nor of the device
    """Others hold the device's memory, so that nobody can tell whether it works."""


class _Known(BaseModel):
    """What a file says of a device."""

    broken: str | None
    boot: str
    at: float


@dataclass(frozen=True)
class Health:
    """What is known of each device, shared by all graders of a machine.

    A verdict is of one boot of the machine: after another one the device is tested anew.

    Attributes:
        folder: of one file for each device.
        test: how to find out.
    """

    folder: Path
    test: Test

    def verdict(self, gpu: Gpu) -> str | None:
        """Why the device is out of service; None: it works. Tests it where nobody knows.

        Raises:
            Busy: it could not be tested; what is known of it stays.
        """
        with self._locked(gpu):
            known = self._read(gpu)
            if known is None or (known.broken is None and _old(known)):
                return self._test(gpu)
            return known.broken

    def again(self, gpu: Gpu) -> str | None:
        """Test it now, whatever is known: the way back into service. May raise `Busy`."""
        with self._locked(gpu):
            return self._test(gpu)

    def condemn(self, gpu: Gpu, reason: str) -> None:
        """Take it out of service."""
        with self._locked(gpu):
            self._write(gpu, reason)

    def known(self, gpu: Gpu) -> str | None:
        """Why it is out of service, as far as anybody knows; tests nothing."""
        found = self._read(gpu)
        return None if found is None else found.broken

    def _test(self, gpu: Gpu) -> str | None:
        broken = self.test(gpu)
        self._write(gpu, broken)
        return broken

    def _locked(self, gpu: Gpu) -> FileLock:
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / f"{gpu.uuid}.test.lock", mode=0o600)

    def _read(self, gpu: Gpu) -> _Known | None:
        try:
            known = _Known.model_validate_json((self.folder / f"{gpu.uuid}.json").read_bytes())
        except (OSError, ValidationError):
            return None
        return known if known.boot == boot_id() else None

    def _write(self, gpu: Gpu, broken: str | None) -> None:
        draft = self.folder / f"{gpu.uuid}.new"
        draft.write_text(_Known(broken=broken, boot=boot_id(), at=time.time()).model_dump_json())
        draft.replace(self.folder / f"{gpu.uuid}.json")


def _old(known: _Known) -> bool:
    return not 0 <= time.time() - known.at < VALID_SECONDS


def self_test(gpu: Gpu, *, seconds: float = SECONDS) -> str | None:
    """Compute on the device, in another process, and compare with the CPU. May raise `Busy`."""
    environment = {
        "CUDA_VISIBLE_DEVICES": gpu.uuid,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": "/nonexistent",
        "CUDA_CACHE_DISABLE": "1",
    }
    if "LD_LIBRARY_PATH" in os.environ:  # where the driver's libraries are not in ld.so.cache
        environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    try:
        ended = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-I", "-B", str(SELF_TEST)],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
            cwd="/",
        )
    except subprocess.TimeoutExpired:
        return f"the self-test did not end within {seconds:.0f} s"
    except OSError as error:
        return f"the self-test could not be started: {error}"
    return read(ended.returncode, ended.stdout, ended.stderr)


def read(status: int, said: bytes, errors: bytes) -> str | None:
    """The self-test's end -> why the device does not work, None where it does. Pure.

    Args:
        status: its exit status; negative: the signal that ended it.
        said: its standard output, whose last line is a JSON object.
        errors: its standard error.

    Raises:
        Busy: it found no memory to test with.
    """
    if status < 0:
        return f"the self-test was ended by signal {-status}: {_last(errors)}"
    try:
        told = json.loads(_last(said) or "null")
    except ValueError:
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("broken", 0), str | None):
        return f"the self-test said nothing (exit status {status}): {_last(errors)}"
    if told.get("busy") is True:
        raise Busy(f"could not be tested, others use it: {told['broken']}")
    return told["broken"] or None


def _last(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1][:500] if lines else ""
