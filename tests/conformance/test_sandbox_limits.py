"""Every limit holds, names itself, and leaves nothing behind."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sandbox_jobs import (
    MIB,
    NAMED_SLEEP,
    Runner,
    control_groups,
    host_users,
    label_of,
    make_job,
    missing,
    processes_named,
)

from grader.errors import SandboxError
from grader.sandbox.bubblewrap import BubblewrapSandbox, Interpreter
from grader.sandbox.interface import Job, Refused, Sandbox
from grader.sandbox.linux.cgroups_here import find
from grader.sandbox.warm import WarmSandbox

pytestmark = pytest.mark.usefixtures("needs_bubblewrap")


@pytest.fixture
def counted() -> None:
    """Only where a control group holds memory and processes."""
    groups = find()
    if groups is None or not {"memory", "pids"} <= groups.held:
        missing("a writable control group for memory and pids")


@pytest.mark.usefixtures("counted")
def test_a_guest_that_takes_all_memory_is_stopped_by_the_limit(run: Runner) -> None:
    ran = run("hog = bytearray(2 * 1024**3)\nprint(len(hog))", memory_bytes=128 * MIB)
    assert ran.out == b""
    assert ran.end.stopped is not None
    assert ran.end.stopped.reason == "memory"
    assert ran.end.facts.oom_kills >= 1
    assert ran.end.facts.peak_memory_bytes is not None
    assert ran.end.facts.peak_memory_bytes <= 128 * MIB


@pytest.mark.usefixtures("counted")
def test_memory_that_processes_share_counts_as_well(run: Runner) -> None:
    script = """
        import mmap
        held = [mmap.mmap(-1, 64 * 1024**2) for _ in range(16)]
        for block in held:
            for page in range(0, len(block), 4096):
                block[page] = 1
        print("got through")
    """
    ran = run(script, memory_bytes=128 * MIB)
    assert ran.out == b""
    assert ran.end.stopped is not None
    assert ran.end.stopped.reason == "memory"


@pytest.mark.usefixtures("counted")
def test_a_child_killed_for_memory_is_counted_and_the_guest_lives(run: Runner) -> None:
    if (groups := find()) is not None and groups.version == 2:
        pytest.skip("version 2 kills the whole run: memory.oom.group")
    if isinstance(run.sandbox, WarmSandbox):
        pytest.skip("the guest is killed first: the libraries that it shares count as its own")
    script = """
        import json, subprocess, sys
        child = subprocess.run([sys.executable, "-c", "bytearray(2 * 1024**3)"])
        print(json.dumps(child.returncode))
    """
    ran = run(script, memory_bytes=128 * MIB)
    assert ran.report == -9
    assert ran.end.stopped is None
    if run.sandbox.name != "podman":  # it tells of the container's first process only
        assert ran.end.facts.oom_kills == 1


@pytest.mark.usefixtures("counted")
def test_five_hundred_processes_are_denied_and_counted(run: Runner) -> None:
    script = """
        import json, os
        children, denied = [], 0
        for _ in range(500):  # spawned: a denied fork of a warm guest first copies its page tables
            try:
                children.append(os.posix_spawn("/bin/sleep", ["sleep", "60"], {}))
            except BlockingIOError:
                denied += 1
        print(json.dumps([len(children), denied]))
    """
    ran = run(script, processes=40)
    children, denied = ran.report
    assert children < 40
    assert denied > 400
    if isinstance(run.sandbox, BubblewrapSandbox):  # an engine takes its counter with it
        assert ran.end.facts.forks_denied > 400


def test_the_backstop_ends_a_guest_that_ignores_signals(tmp_path: Path) -> None:
    sandbox = BubblewrapSandbox.here(tmp_path / "runtime")
    impatient = BubblewrapSandbox(
        sandbox.interpreter,
        tmp_path / "runtime",
        bwrap=sandbox.bwrap,
        groups=sandbox.groups,
        startup_seconds=0,
    )
    script = """
        import os, signal, sys
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
        os.write(1, b"here")
        while True:
            pass
    """
    out = bytearray()
    job = make_job(tmp_path / "job", script, wall_seconds=0.6, grace_seconds=0.4)
    end = impatient.run(job, out.extend)
    assert out == b"here"
    assert end.stopped is not None
    assert end.stopped.reason == "wall_time"


def test_an_orphan_of_the_guest_is_gone_when_the_run_ends(run: Runner) -> None:
    word = f"orphan-{os.getpid()}"
    script = f"""
        import os, subprocess, sys, time
        sleeper = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.close(1), os.close(2)
                os.execv(sys.executable, [sys.executable, "-c", sleeper, {word!r}])
            os._exit(0)
        while not any({word!r} in open(f"/proc/{{p}}/cmdline").read()
                      for p in os.listdir("/proc")
                      if p.isdigit() and int(p) not in (1, os.getpid())):
            time.sleep(0.01)
        os.write(1, b"alive")
    """
    assert run(script).out == b"alive"
    assert processes_named(word) == []


def mount_points() -> frozenset[str]:
    """Where something is mounted on this machine."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return frozenset(line.split()[4] for line in lines)


def test_a_run_leaves_no_control_group_no_lock_and_no_mount(run: Runner) -> None:
    run("")  # a warm parent stays, once it is there
    before = mount_points()
    mine = Path("/proc/self/fd")
    descriptors, label = len(list(mine.iterdir())), label_of(run.sandbox)
    run("import time; time.sleep(0.05)", lambda _: None)
    assert control_groups(label) == frozenset()
    assert len(list(mine.iterdir())) == descriptors
    new, deadline = mount_points() - before, time.monotonic() + 60
    while left := new & mount_points():  # other tests' containers come and go
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def _peak_memory() -> int:
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x)
    return int(line.split()[1]) * 1024


def test_a_flood_of_standard_error_is_read_and_the_reader_stays_flat(run: Runner) -> None:
    Path("/proc/self/clear_refs").write_text("5")  # begin the peak anew (proc(5))
    before = _peak_memory()
    ran = run(
        "import os\nfor _ in range(1600):\n    os.write(2, b'x' * 65536)\nos.write(1, b'done')"
    )
    assert ran.out == b"done"
    assert _peak_memory() - before < 16 * MIB


def test_a_flood_stops_at_the_cap_and_the_reader_stays_flat(run: Runner) -> None:
    Path("/proc/self/clear_refs").write_text("5")  # begin the peak anew (proc(5))
    before, taken = _peak_memory(), 0

    def count(chunk: bytes) -> None:
        nonlocal taken
        taken += len(chunk)

    flood = "import os\nwhile True:\n    os.write(1, b'x' * 65536)"
    ran = run(flood, count, evidence_bytes=2 * MIB)
    assert ran.end.stopped is not None
    assert ran.end.stopped.reason == "evidence_too_large"
    assert taken <= 2 * MIB
    assert _peak_memory() - before < 16 * MIB


def test_of_standard_error_only_the_end_is_kept(run: Runner) -> None:
    script = "import os\nfor n in range(2000):\n    os.write(2, b'%060d' % n * 100)\n"
    ran = run(script)
    assert len(ran.end.stderr) == 16 * 1024
    assert ran.end.stderr.endswith("1999")


def test_a_refusal_ends_the_run_with_its_reason(run: Runner) -> None:
    def refuse(_: bytes) -> None:
        raise Refused("no frame begins like this", reason="evidence_broken")

    ran = run("import time; print('?', flush=True); time.sleep(600)", refuse)
    assert ran.end.stopped is not None
    assert ran.end.stopped.reason == "evidence_broken"
    assert ran.end.stopped.message == "no frame begins like this"


def test_what_a_receiver_raises_ends_the_run_and_passes_through(run: Runner) -> None:
    word = f"receiver-{os.getpid()}"

    def break_down(_: bytes) -> None:
        raise ZeroDivisionError

    script = f"""
        import os, sys
        code = "import time; print('x', flush=True); time.sleep(600)"
        os.execv(sys.executable, [sys.executable, "-c", code, {word!r}])
    """
    with pytest.raises(ZeroDivisionError):
        run(script, break_down)
    assert processes_named(word) == []


@pytest.mark.parametrize("place", ["/tmp", "/dev/shm", "/home/student"])
def test_a_full_tmpfs_says_so(run: Runner, place: str) -> None:
    script = f"""
        import errno, json, os
        written = 0
        with open("{place}/big", "wb", buffering=0) as file:
            try:
                while True:
                    written += file.write(bytes(1024**2))
            except OSError as error:
                print(json.dumps([written, error.errno == errno.ENOSPC]))
    """
    written, full = run(script, tmp_bytes=8 * MIB).report
    assert full
    assert 7 * MIB <= written <= 8 * MIB


def test_two_sandboxes_at_once_do_not_see_each_other(sandbox: Sandbox, tmp_path: Path) -> None:
    script = """
        import json, os, sys, time
        open("/tmp/mine", "x").close(), open("/dev/shm/mine", "x").close()
        time.sleep(0.3)
        pids = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
        # The environment itself may lie below /tmp.
        seen = [n for n in os.listdir("/tmp") if not sys.prefix.startswith(f"/tmp/{n}/")]
        print(json.dumps([len(pids), seen, sorted(os.listdir("/dev/shm"))]))
    """
    jobs = [make_job(tmp_path / f"job-{n}", script) for n in range(3)]

    def go(job: Job) -> str:
        out = bytearray()
        sandbox.run(job, out.extend)
        return out.decode()

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(go, jobs)) == {'[2, ["mine"], ["mine"]]\n'}


def test_two_sandboxes_at_once_are_two_users_of_the_host(sandbox: Sandbox, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("not run by root")
    users: list[frozenset[int]] = []
    jobs = [make_job(tmp_path / f"job-{n}", NAMED_SLEEP) for n in range(2)]

    def look(chunk: bytes) -> None:
        users.append(host_users(chunk.decode()))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda job: sandbox.run(job, look), jobs))
    assert len(users) == len(frozenset.union(*users)) == 2


def test_where_no_control_group_can_be_made_the_facts_warn_and_rlimits_hold(
    tmp_path: Path,
) -> None:
    here = BubblewrapSandbox.here(tmp_path / "runtime")
    bare = BubblewrapSandbox(here.interpreter, tmp_path / "runtime", bwrap=here.bwrap, groups=None)
    script = """
        import json, os, time
        denied = 0
        for _ in range(60):
            try:
                if os.fork() == 0:
                    time.sleep(60)
            except BlockingIOError:
                denied += 1
        try:
            bytearray(1024**3)
            memory = "got it"
        except MemoryError:
            memory = "denied"
        print(json.dumps([denied, memory]))
    """
    out = bytearray()
    job = make_job(tmp_path / "job", script, processes=30, memory_bytes=256 * MIB)
    end = bare.run(job, out.extend)
    denied, memory = json.loads(out)
    assert denied >= 30
    assert memory == "denied"
    assert {"rlimit_data", "rlimit_nproc"} <= set(end.facts.protections)
    assert "No control group limits memory" in end.facts.warnings[0]
    assert end.facts.peak_memory_bytes is None


def test_an_environment_below_a_mount_point_of_ours_is_refused() -> None:
    with pytest.raises(SandboxError, match="/data/venv lies below /data"):
        Interpreter(Path("/data/venv"), Path("/usr"))
