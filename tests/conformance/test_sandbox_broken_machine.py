"""Each way in which we broke a machine under a run: ours, by its name, and nothing is left."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from own_engine import OwnEngine, own_engine
from sandbox_jobs import (
    INTERPRETER,
    MIB,
    Runner,
    control_groups,
    label_of,
    missing,
    processes_named,
)

from grader.errors import SandboxError
from grader.sandbox.container import ContainerSandbox, installed
from grader.sandbox.container.groups import shared_groups
from grader.sandbox.linux.running import LinuxSandbox

pytestmark = pytest.mark.usefixtures("needs_bubblewrap")

NAMED = """
    import os, sys
    code = "import os, time; os.write(1, b'up'); time.sleep(600)"
    os.execv(sys.executable, [sys.executable, "-c", code, {word!r}])
"""


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnEngine]:
    if os.geteuid() != 0:
        pytest.skip("only root can start an engine")
    if shutil.which("dockerd") is None:
        missing("dockerd")
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    folder.chmod(0o755)
    with own_engine(folder, 8 * MIB) as engine:
        monkeypatch.setenv("DOCKER_HOST", engine.address)
        yield engine


@pytest.fixture
def docker(engine: OwnEngine, tmp_path: Path) -> Runner:
    found = next(each for each in installed() if each.kind == "docker")
    runtime = tmp_path / "runtime"
    sandbox = ContainerSandbox(found, INTERPRETER, runtime, groups=shared_groups(found))
    return Runner(sandbox, tmp_path)


def broken(run: Runner, script: str, break_it: Callable[[], None]) -> SandboxError:
    """What a run raises whose machine is broken as soon as its guest is heard."""
    with pytest.raises(SandboxError) as raised:
        run(script, lambda _: break_it())
    return raised.value


def test_a_run_killed_by_a_stranger_is_ours(run: Runner) -> None:
    word, sandbox = uuid.uuid4().hex, run.sandbox
    assert isinstance(sandbox, LinuxSandbox)

    def kill() -> None:
        for each in tuple(sandbox._live):
            each.kill()

    assert broken(run, NAMED.format(word=word), kill).code == "killed_from_outside"
    assert processes_named(word) == []
    assert control_groups(label_of(sandbox)) == frozenset()


def test_a_daemon_that_dies_under_a_run_is_ours_and_the_run_ends_with_it(
    engine: OwnEngine, docker: Runner
) -> None:
    word = uuid.uuid4().hex
    error = broken(docker, NAMED.format(word=word), engine.process.kill)
    assert error.code == "daemon_gone"
    assert control_groups(label_of(docker.sandbox)) == frozenset()  # none goes with a process
    assert processes_named(word) == []


def test_a_full_disk_of_the_host_is_ours(engine: OwnEngine, docker: Runner) -> None:
    assert docker("print(1)").out == b"1\n"
    with suppress(OSError), (engine.data / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(65536))
    with pytest.raises(SandboxError) as raised:
        docker("print(1)")
    (engine.data / "filler").unlink()
    assert raised.value.code == "disk_full"
    assert docker("print(2)").out == b"2\n"


def test_a_full_disk_inside_is_the_notebook_s_to_outlive(run: Runner) -> None:
    script = """
        import errno
        try:
            with open("/tmp/big", "wb", buffering=0) as file:
                while True:
                    file.write(bytes(1024**2))
        except OSError as error:
            print(errno.errorcode[error.errno])
    """
    ran = run(script, tmp_bytes=4 * MIB)
    assert ran.out == b"ENOSPC\n"
    assert ran.end.stopped is None
