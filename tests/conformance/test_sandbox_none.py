"""Without a sandbox the guest runs, is ended and is told of; nothing protects anybody from it."""

import errno
import os
import uuid
from pathlib import Path

import pytest
from sandbox_jobs import INTERPRETER, SMALL, Runner, processes_named

from grader.errors import SandboxError
from grader.sandbox.backends import NAMES
from grader.sandbox.bubblewrap import BubblewrapSandbox
from grader.sandbox.interface import Job
from grader.sandbox.linux.cgroups_here import find
from grader.sandbox.linux.layout import Interpreter
from grader.sandbox.trusting import TrustingSandbox
from grader.sandbox.trusting.run import WARNING
from grader.wiring import SANDBOXES


@pytest.fixture
def trusting(tmp_path: Path) -> Runner:
    return Runner(TrustingSandbox.here(tmp_path / "runtime"), tmp_path)


def impatient(tmp_path: Path) -> Runner:
    """In no control group, and with no patience for a start."""
    sandbox = TrustingSandbox(INTERPRETER, tmp_path / "runtime", groups=None, startup_seconds=0)
    return Runner(sandbox, tmp_path)


def test_it_is_among_no_choices() -> None:
    assert "none" not in (*NAMES, *SANDBOXES)


def test_the_guest_gets_its_folders_and_a_home_of_its_own(trusting: Runner, tmp_path: Path) -> None:
    script = """
        import json, os, sys
        open("written", "w").close()
        names = ("HOME", "OMP_NUM_THREADS", "MPLCONFIGDIR", "SECRET")
        variables = [os.environ.get(name) for name in names]
        print(json.dumps([sys.argv, os.getcwd(), *variables]))
    """
    data = tmp_path / "data"
    data.mkdir()
    argv, here, home, threads, fonts, secret = trusting(script, data=data).report
    job = tmp_path / "job-1"
    assert argv == [str(job / "guest"), str(job), str(data)]
    assert home == here
    assert fonts == f"{home}/.config/matplotlib"
    assert (threads, secret) == ("1", None)
    assert not Path(home).exists()


def test_the_facts_warn_and_claim_no_protection(trusting: Runner) -> None:
    facts = trusting("print(1)").end.facts
    assert facts.sandbox == "none"
    assert facts.protections == ()
    assert facts.warnings == (WARNING,)


def test_a_guest_that_ignores_signals_is_ended_with_its_group(tmp_path: Path) -> None:
    word = uuid.uuid4().hex
    script = f"""
        import os, signal, subprocess, sys
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        child = "import os, time; os.write(1, b'up'); time.sleep(600)"
        subprocess.run([sys.executable, "-c", child, {word!r}])
    """
    ran = impatient(tmp_path)(script, wall_seconds=1, grace_seconds=1)
    assert ran.out == b"up"
    assert ran.end.stopped is not None
    assert ran.end.stopped.reason == "wall_time"
    assert processes_named(word) == []


def test_a_daemon_is_gone_where_control_groups_can_be_made(trusting: Runner) -> None:
    if find() is None:
        pytest.skip("no control group can be made")
    word = uuid.uuid4().hex
    script = f"""
        import os, sys
        read, write = os.pipe()
        if os.fork() == 0:
            os.setsid()
            os.dup2(write, 1)
            code = "import os, time; os.write(1, b'.'); time.sleep(600)"
            os.execv(sys.executable, [sys.executable, "-c", code, {word!r}])
        os.read(read, 1)
        print("left")
    """
    assert trusting(script).out == b"left\n"
    assert processes_named(word) == []


@pytest.mark.parametrize("code", [0, 1, 126])
def test_a_guest_that_was_heard_ended_by_itself(trusting: Runner, code: int) -> None:
    assert trusting(f"import os; os.write(1, b'x'); os._exit({code})").end.stopped is None


def test_a_missing_interpreter_or_job_is_our_fault(trusting: Runner, tmp_path: Path) -> None:
    with pytest.raises(SandboxError) as raised:
        trusting.sandbox.run(Job(tmp_path / "nowhere", None, SMALL), lambda _: None)
    assert raised.value.code == "source_missing"
    empty = Interpreter(tmp_path / "no-venv", Path("/usr"))
    runner = Runner(TrustingSandbox(empty, tmp_path / "runtime", groups=None), tmp_path / "more")
    with pytest.raises(SandboxError) as raised:
        runner("")
    assert raised.value.code == "interpreter_unreachable"


@pytest.mark.usefixtures("needs_bubblewrap")
@pytest.mark.parametrize("backend", [BubblewrapSandbox, TrustingSandbox])
def test_a_run_that_cannot_be_watched_is_ended_and_leaves_no_descriptor(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    backend: type[BubblewrapSandbox] | type[TrustingSandbox],
) -> None:
    sandbox = backend.here(tmp_path / "runtime")
    begun: list[int] = []

    def refuse(process: int) -> int:
        begun.append(process)
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "pidfd_open", refuse)
    before = set(Path("/proc/self/fd").iterdir())
    with pytest.raises(SandboxError, match="no descriptor of the launcher") as raised:
        Runner(sandbox, tmp_path)("import time; time.sleep(600)")
    assert raised.value.code == "no_process"
    [process] = begun
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_closing_ends_a_run(trusting: Runner) -> None:
    script = "import time; print(1, flush=True); time.sleep(600)"
    with pytest.raises(SandboxError, match="closed"):
        trusting(script, lambda _: trusting.sandbox.close())
