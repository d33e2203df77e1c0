"""The launcher alone, without bubblewrap: what it becomes and when it refuses."""

import os
import subprocess
import sys
import time
from pathlib import Path

from grader.sandbox.bubblewrap.launch import LAUNCHER

START = [sys.executable, "-I", "-S", "-B", str(LAUNCHER)]


def test_it_becomes_the_command_with_an_empty_environment_and_tight_umask() -> None:
    ended = subprocess.run(
        [*START, "--", "/bin/sh", "-c", "cat /proc/self/environ; umask"],
        capture_output=True,
        check=True,
    )
    # what the shell itself exports, and nothing that we had
    assert set(ended.stdout.replace(b"\0", b"\n").split()) <= {
        b"PWD=" + os.fsencode(Path.cwd()),
        b"0077",
    }


def test_an_rlimit_is_lowered_and_never_raised() -> None:
    import resource

    number, hard = resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for asked, expected in ((50, 50), (hard + 1, hard)):
        ended = subprocess.run(
            [*START, "--rlimit", str(number), str(asked), "--", "/bin/sh", "-c", "ulimit -Hn"],
            capture_output=True,
            check=True,
        )
        assert int(ended.stdout) == expected


def test_it_refuses_to_start_for_a_parent_that_is_gone() -> None:
    ended = subprocess.run(
        [*START, "--parent", "1", "--", "/bin/true"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr == "launcher: the grading process is gone\n"


def test_it_says_what_failed() -> None:
    ended = subprocess.run(
        [*START, "--join", "/no/cgroup.procs", "--", "/bin/true"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == "launcher: [Errno 2] No such file or directory: '/no/cgroup.procs'\n"


def test_the_command_dies_with_its_parent_even_before_bubblewrap_asks_for_it() -> None:
    parent = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([*{START!r}, '--', '/bin/sh', '-c', 'echo up; exec sleep 60'],"
        " stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.kill()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        state = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[0]
        if state == "Z":  # dead, and nobody here reaps it
            return
        time.sleep(0.01)
    assert not Path(f"/proc/{child}").exists()
