"""Whatever a guest starts ends with its run, and that is proved, not assumed."""

import textwrap
import uuid
from pathlib import Path

import pytest
from sandbox_jobs import Runner, control_groups, label_of, processes_named

from grader.sandbox.container import ContainerSandbox

pytestmark = pytest.mark.usefixtures("needs_bubblewrap")

BEGIN = """
import os, signal, subprocess, sys, time
word = {word!r}

def sleeper(prepare="pass"):
    code = f"import os, signal, time; {{prepare}}; os.write(1, b'.'); time.sleep(600)"
    return [sys.executable, "-c", code, word]

def until_up(read):
    assert os.read(read, 1) == b"."
"""
LEAVERS = {
    "a daemon of a double fork": """
        read, write = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.dup2(write, 1)
                os.execv(sys.executable, sleeper("signal.signal(15, 1)"))
            os._exit(0)
        until_up(read)
    """,
    "a stopped process": """
        read, write = os.pipe()
        child = subprocess.Popen(sleeper(), stdout=write)
        until_up(read)
        child.send_signal(signal.SIGSTOP)
    """,
    "forty processes that ignore every signal": """
        deaf = "[signal.signal(n, 1) for n in range(1, 32) if n not in (9, 17, 19)]"
        read, write = os.pipe()
        for _ in range(40):
            subprocess.Popen(sleeper(deaf), stdout=write, start_new_session=True)
        for _ in range(40):
            until_up(read)
    """,
    "a process that works in a deleted folder with open files": """
        os.mkdir("/tmp/gone")
        os.chdir("/tmp/gone")
        kept = [open(f"/tmp/gone/{n}", "w") for n in range(100)]
        read, write = os.pipe()
        subprocess.Popen(sleeper(), stdout=write, pass_fds=[file.fileno() for file in kept])
        until_up(read)
        subprocess.run(["rm", "-r", "/tmp/gone"])
    """,
}


@pytest.mark.parametrize("name", LEAVERS)
def test_what_a_guest_leaves_behind_is_gone(run: Runner, tmp_path: Path, name: str) -> None:
    word = uuid.uuid4().hex
    script = BEGIN.format(word=word) + textwrap.dedent(LEAVERS[name]) + "os.write(1, b'left')\n"
    ran = run(script, wall_seconds=20)
    assert ran.out == b"left", ran.end
    assert ran.end.stopped is None
    assert processes_named(word) == []
    assert control_groups(label_of(run.sandbox)) == frozenset()
    mounted = Path("/proc/self/mountinfo").read_text()
    assert str(tmp_path) not in mounted
    assert label_of(run.sandbox) not in mounted
    if isinstance(run.sandbox, ContainerSandbox):
        listed = run.sandbox.engine.call("ps", "--all", "--format", "{{.Names}}")
        assert run.sandbox.slots.label not in listed.out.decode()
