"""Runs small guests in every backend; used by tests/conformance and tests/attacks/sandbox."""

import json
import os
import shutil
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

from grader.domain.limits import MIB, Limits
from grader.sandbox.bubblewrap import BubblewrapSandbox, Interpreter
from grader.sandbox.bubblewrap.command import USER_ID
from grader.sandbox.container import ContainerSandbox, Engine, installed
from grader.sandbox.container.examine import answering
from grader.sandbox.container.groups import shared_groups
from grader.sandbox.interface import Job, Receive, RunEnd, Sandbox
from grader.sandbox.linux.slots import COUNT, FIRST_UID
from grader.sandbox.warm import WarmSandbox

INTERPRETER = Interpreter(Path(sys.prefix), Path(sys.base_prefix))
SMALL = Limits(
    wall_seconds=60,
    grace_seconds=5,
    memory_bytes=512 * MIB,
    processes=64,
    tmp_bytes=16 * MIB,
    evidence_bytes=4 * MIB,
    threads=1,
)


@dataclass(frozen=True)
class Ran:
    """A finished run with what its guest wrote."""

    out: bytes
    end: RunEnd

    @property
    def report(self) -> Any:
        """The JSON that the guest printed."""
        assert self.out, self.end
        return json.loads(self.out)


def make_job(folder: Path, script: str, *, data: Path | None = None, **limits: Any) -> Job:
    """A job whose guest is the script."""
    guest = folder / "guest"
    guest.mkdir(parents=True)
    (guest / "__main__.py").write_text(textwrap.dedent(script))
    for path in (folder, guest):
        path.chmod(0o755)
    return Job(folder, data, SMALL.model_copy(update=limits))


class Runner:
    """Runs scripts as guests."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self._folder, self._count = sandbox, folder, 0

    def job(self, script: str, **more: Any) -> Job:
        """A job with a folder of its own."""
        self._count += 1
        return make_job(self._folder / f"job-{self._count}", script, **more)

    def __call__(self, script: str, receive: Receive | None = None, **more: Any) -> Ran:
        """Run it to its end."""
        out = bytearray()
        end = self.sandbox.run(self.job(script, **more), receive or out.extend)
        return Ran(bytes(out), end)


NAMED_SLEEP = """
    import os, sys, uuid
    word = uuid.uuid4().hex
    os.write(1, word.encode())
    os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(1)", word])
"""
"""Says a word that no other process has, then sleeps under it."""


def processes_named(word: str) -> list[int]:
    """Processes of this machine with the word in their command line, but not this one."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with suppress(OSError):
                if word.encode() in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
    return found


def control_groups(label: str) -> frozenset[Path]:
    """Control groups of runs, under way or left behind, of graders that share a runtime folder."""
    folders = (Path(folder) for folder, _, _ in os.walk("/sys/fs/cgroup"))  # others come and go
    return frozenset(folder for folder in folders if folder.name.startswith(f"grader-{label}-"))


def label_of(sandbox: Sandbox) -> str:
    """What the names of its control groups begin with."""
    assert isinstance(sandbox, BubblewrapSandbox | ContainerSandbox | WarmSandbox)
    return sandbox.slots.label


def guest_users(sandbox: Sandbox) -> frozenset[int]:
    """What the guest's user id inside may be."""
    users = range(FIRST_UID, FIRST_UID + COUNT)
    return frozenset(users if isinstance(sandbox, ContainerSandbox) else [USER_ID])


def host_users(word: str) -> frozenset[int]:
    """User ids, on the host, of the processes with the word; waits for the first of them."""
    while not (found := processes_named(word)):
        time.sleep(0.01)
    return frozenset(Path(f"/proc/{process}").stat().st_uid for process in found)


def host_groups(word: str) -> frozenset[int]:
    """Group ids, on the host, of the processes with the word; waits for the first of them."""
    while not (found := processes_named(word)):
        time.sleep(0.01)
    status = [Path(f"/proc/{process}/status").read_text() for process in found]
    lines = [line for text in status for line in text.splitlines()]
    numbers = [line.split()[1:] for line in lines if line.startswith(("Gid:", "Groups:"))]
    return frozenset(int(number) for line in numbers for number in line)


def unavailable(why: str) -> NoReturn:
    """A skip on a laptop and a failure in CI."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


def missing(what: str) -> NoReturn:
    """A missing tool is a skip on a laptop and a failure in CI."""
    unavailable(f"{what} is missing")


def _bubblewrap(runtime: Path) -> Sandbox:
    if shutil.which("bwrap") is None:
        missing("bubblewrap")
    return BubblewrapSandbox.here(runtime)


def answering_engine(kind: str, oci_runtime: str | None = None) -> Engine:
    """That engine; the test ends where it is not installed or does not answer."""
    engine = next((found for found in installed(oci_runtime) if found.kind == kind), None)
    if engine is None:
        pytest.skip(f"{kind} is not installed")
    if not (answer := answering(engine)).ok:
        unavailable(f"{kind} is installed and does not answer: {answer.found}")
    return engine


def _container(kind: str, oci_runtime: str | None = None) -> Callable[[Path], Sandbox]:
    def make(runtime: Path) -> Sandbox:
        engine = answering_engine(kind, oci_runtime)
        runtime.chmod(0o755)
        return ContainerSandbox(engine, INTERPRETER, runtime, groups=shared_groups(engine))

    return make


BACKENDS: dict[str, Callable[[Path], Sandbox]] = {
    "bubblewrap": _bubblewrap,
    "warm": WarmSandbox.here,
    "docker": _container("docker"),
    "podman": _container("podman"),
    **{
        f"podman-{name}": _container("podman", name)
        for name in os.environ.get("GRADER_TEST_RUNTIMES", "").split()
    },
}


@pytest.fixture(scope="session", params=sorted(BACKENDS))
def sandbox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """Each backend of this machine."""
    return BACKENDS[request.param](tmp_path_factory.mktemp("runtime"))


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Runner:
    """Runs a script in the sandbox."""
    return Runner(sandbox, tmp_path)
