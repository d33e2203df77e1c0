"""The grading process dies in every way; nothing of its sandboxes may outlive it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import pytest
from decoys import Host
from sandbox_jobs import Runner, control_groups, label_of, make_job, processes_named
from weakened import Weakening, dropped

from grader.sandbox.bubblewrap import BubblewrapSandbox
from grader.sandbox.linux.slots import Slots

pytestmark = pytest.mark.usefixtures("needs_bubblewrap")

HOST = Path(__file__).with_name("sandbox_host.py")

STUBBORN = """
    import os, signal, sys, time
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        os.setsid()
    code = "import time; time.sleep(600)"
    os.write(1, b"up\\n")
    os.execv(sys.executable, [sys.executable, "-c", code, {word!r}])
"""


DYING = ("env", "--default-signal")
"""A program that dies of what it is told, also below `nohup`, which lets all ignore SIGHUP."""


def started(how: str, folder: Path, *bwrap: str) -> tuple[subprocess.Popen[bytes], str]:
    """A grading process whose guest and its daemon are up."""
    word = uuid.uuid4().hex
    job = make_job(folder / "job", STUBBORN.format(word=word))
    grader = [sys.executable, str(HOST), how, str(folder / "runtime"), str(job.folder), *bwrap]
    process = subprocess.Popen(
        [*DYING, *grader],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == [b"up\n"] * 2
    while len(processes_named(word)) < 2:
        time.sleep(0.01)
    return process, word


def wait_until_gone(word: str) -> bool:
    deadline = time.monotonic() + 20
    while processes_named(word):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def run_again(folder: Path) -> None:
    """Another grader takes the slot that the killed one held."""
    job = make_job(folder / "again", "print('up')")
    ended = subprocess.run(
        [sys.executable, str(HOST), "main", str(folder / "runtime"), str(job.folder)],
        capture_output=True,
        check=True,
    )
    assert ended.stdout == b"up\nended None\n"


@pytest.mark.parametrize(
    ("how", "name"),
    [
        *(("main", name) for name in ("SIGTERM", "SIGINT", "SIGKILL", "SIGHUP")),
        # not SIGINT: Python hands it to the main thread only; see `BubblewrapSandbox.close`
        *(("thread", name) for name in ("SIGTERM", "SIGKILL", "SIGHUP")),
    ],
)
def test_a_killed_grader_takes_its_sandbox_with_it(tmp_path: Path, how: str, name: str) -> None:
    process, word = started(how, tmp_path)
    with process:
        process.send_signal(getattr(signal, name))
        assert process.wait() == -getattr(signal, name)
    assert wait_until_gone(word)
    label = Slots(tmp_path / "runtime" / "slots", users=False).label
    left = control_groups(label)
    run_again(tmp_path)
    assert control_groups(label) == frozenset(), f"the next run did not remove {left}"


def test_its_sandbox_would_outlive_it_if_it_did_not_die_with_its_parent(
    tmp_path: Path, planted: Host
) -> None:
    here = BubblewrapSandbox.here(tmp_path / "here").bwrap
    assert here is not None
    weakening = Weakening(drop=dropped("--die-with-parent"))
    program = weakening.program(here, planted.folder_for("lives-on"))
    process, word = started("main", tmp_path, str(program))
    with process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    time.sleep(1)
    assert len(processes_named(word)) == 2
    run_again(tmp_path)  # who takes the slot next ends what a dead grader left in its group
    assert processes_named(word) == []


def test_a_run_in_a_worker_survives_the_end_of_other_threads(tmp_path: Path) -> None:
    job = make_job(tmp_path / "job", "import time; time.sleep(0.5); print('done')")
    ended = subprocess.run(
        [sys.executable, str(HOST), "thread", str(tmp_path / "runtime"), str(job.folder)],
        capture_output=True,
        check=True,
    )
    assert ended.stdout == b"done\nended None\n"


def test_an_interrupt_in_the_receiver_leaves_nothing(run: Runner) -> None:
    word = uuid.uuid4().hex

    def interrupt(_: bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(STUBBORN.format(word=word), interrupt)
    assert processes_named(word) == []
    assert control_groups(label_of(run.sandbox)) == frozenset()


def test_an_ordinary_user_can_run_sandboxes(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Not root: no slot user, no control group here; the user namespace alone must hold."""
    if os.geteuid() != 0:
        pytest.skip("every other test already runs as an ordinary user")
    if not all(folder.stat().st_mode & 0o001 for folder in HOST.parents):
        pytest.skip(f"{HOST} lies below a folder that ordinary users may not enter")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name)
        script = """
            import os
            status = open("/proc/self/status").read()
            caps = [line.split()[1] for line in status.splitlines() if line.startswith("Cap")]
            print(os.getuid(), {int(mask, 16) for mask in caps}, os.path.exists("/root"))
        """
        job = make_job(folder / "job", script)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, 65534, 65534)
        ended = subprocess.run(
            [
                *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
                *(sys.executable, str(HOST), "main", str(folder / "runtime"), str(job.folder)),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={"HOME": name},
        )
    assert ended.stderr == ""
    assert ended.stdout == "1000 {0} False\nended None\n"
