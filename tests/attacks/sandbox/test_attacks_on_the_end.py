"""Guests that will not end, or want to outlive their end; and that they would, were they let."""

import fcntl
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import weakened
from decoys import Host
from host_health import stays_well
from sandbox_jobs import MIB, Runner, control_groups, label_of, processes_named
from weakened import Weakening, dropped

from grader.errors import SandboxError
from grader.sandbox.bubblewrap import BubblewrapSandbox
from grader.sandbox.interface import Sandbox

DEAF = """
    import os, signal, sys, time
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
"""
STUBBORN = {
    "busy": "while True: pass",
    "stopped": "os.kill(os.getpid(), signal.SIGSTOP)",
    "full_pipe": "os.write(os.pipe()[1], bytes(1 << 20))",
    "silent": "[os.close(n) for n in (0, 1, 2)]; time.sleep(600)",
    "stopped_tree": "os.fork(); os.fork(); os.kill(os.getpid(), signal.SIGSTOP)",
}
DAEMON = (
    DEAF
    + """
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in range(3):
                os.close(number)
            code = "import time; time.sleep(600)"
            os.execv(sys.executable, [sys.executable, "-c", code, {word!r}])
        os._exit(0)
    os.wait()
    def alive():
        for process in filter(str.isdigit, os.listdir("/proc")):
            try:
                words = open("/proc/" + process + "/cmdline").read().split(chr(0))
            except OSError:
                continue
            if {word!r} in words:
                return True
    while not alive():
        time.sleep(0.01)
    os.write(1, b"alive")
"""
)


@pytest.fixture
def impatient(settled: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The backend with less patience for a start; the runs have seconds, not minutes."""
    assert hasattr(settled, "_startup_seconds")
    monkeypatch.setattr(settled, "_startup_seconds", 4.0)
    return settled


def test_a_guest_that_will_not_end_is_ended(impatient: Sandbox, tmp_path: Path) -> None:
    runner = Runner(impatient, tmp_path)
    scripts = {name: f"{DEAF}\n    {line}" for name, line in STUBBORN.items()}
    jobs = {n: runner.job(s, wall_seconds=1, grace_seconds=1) for n, s in scripts.items()}
    with stays_well(impatient, tmp_path), ThreadPoolExecutor(len(jobs)) as pool:
        runs = {n: pool.submit(impatient.run, job, lambda _: None) for n, job in jobs.items()}
    stopped = {name: run.result().stopped for name, run in runs.items()}
    reasons = {name: end and end.reason for name, end in stopped.items()}
    assert reasons == dict.fromkeys(STUBBORN, "wall_time")


@pytest.mark.parametrize("blow", ["os.kill(-1, 9)", "os.kill(1, 9)", "os.kill(1, signal.SIGSTOP)"])
def test_a_guest_that_kills_around_itself_hits_nothing_else(
    settled: Sandbox, tmp_path: Path, blow: str
) -> None:
    script = f"""
        import os, signal
        try:
            {blow}
        except OSError:
            pass
        os.write(1, b"done")
    """
    with stays_well(settled, tmp_path):
        ran = Runner(settled, tmp_path)(script)
    assert ran.out == b"done"
    assert ran.end.stopped is None


def test_a_daemon_ends_with_its_run(settled: Sandbox, tmp_path: Path) -> None:
    word = uuid.uuid4().hex
    with stays_well(settled, tmp_path):
        ran = Runner(settled, tmp_path)(DAEMON.format(word=word))
    assert ran.out == b"alive"
    assert processes_named(word) == []


LITTER = """
    import fcntl, json, os, resource, socket
    made = []
    for place in ("/tmp", "/dev/shm", os.path.expanduser("~")):
        os.chdir(place)
        with open("sparse", "wb") as file:
            os.truncate(file.fileno(), 1 << 50)
        os.mkfifo("pipe")
        os.symlink("/etc/shadow", "link")
        os.link("sparse", "twice")
        open(b"\\xff\\n\\x1b[31m" + b"x" * 200, "w").close()
        socket.socket(socket.AF_UNIX).bind("listener")
        os.mkdir("closed", 0)
        for depth in range(3000):
            os.mkdir("down")
            os.chdir("down")
        made.append(depth)
    locks = [open(f"/job/{name}") for name in ("guest/__main__.py", "locked")]
    for lock in locks:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    print(json.dumps(made))
"""


def test_what_a_run_litters_goes_with_it(settled: Sandbox, tmp_path: Path) -> None:
    """Sparse files, links, pipes, names, 3,000 folders deep, and locks on what it may read."""
    runner = Runner(settled, tmp_path)
    job = runner.job(LITTER)
    locked = job.folder / "locked"
    locked.write_text("")
    locked.chmod(0o644)
    before = sorted(job.folder.rglob("*"))
    out = bytearray()
    with stays_well(settled, tmp_path):
        end = settled.run(job, out.extend)
    assert out == b"[2999, 2999, 2999]\n", end
    assert sorted(job.folder.rglob("*")) == before
    with locked.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    listed = "import json, os; print(json.dumps([os.listdir(p) for p in ('/dev/shm', '.')]))"
    assert runner(listed).report == [[], []]


def test_no_helper_of_an_engine_shares_the_memory_of_a_run(
    settled: Sandbox, tmp_path: Path
) -> None:
    """A run that fills it would have the helper killed, and its end would look like our fault."""
    names: set[str] = set()

    def look(_: bytes) -> None:
        for group in control_groups(label_of(settled)):
            for procs in group.rglob("cgroup.procs"):
                for process in procs.read_text().split():
                    names.add(Path(f"/proc/{process}/comm").read_text().strip())

    Runner(settled, tmp_path)("import time\nprint('up', flush=True)\ntime.sleep(2)", look)
    assert names & {"python", "exe"}  # gVisor's is the guest's as well
    assert names <= {"python", "sh", "bwrap", "exe"}


@pytest.mark.parametrize(("stream", "reason"), [(1, "evidence_too_large"), (2, None)])
def test_two_hundred_megabytes_of_output_do_not_fill_the_reader(
    settled: Sandbox, tmp_path: Path, stream: int, reason: str | None
) -> None:
    script = f"import os\nfor _ in range(3200):\n    os.write({stream}, bytes(65536))"
    taken = 0

    def count(chunk: bytes) -> None:
        nonlocal taken
        taken += len(chunk)

    with stays_well(settled, tmp_path):
        ran = Runner(settled, tmp_path)(script, count)
    assert (ran.end.stopped and ran.end.stopped.reason) == reason
    assert taken <= 4 * MIB


@pytest.fixture
def without_an_end(planted: Host) -> Iterator[BubblewrapSandbox]:
    """bubblewrap that neither owns its processes nor dies with its parent, in no control group."""
    weakening = Weakening(drop=dropped("--unshare-pid", "--die-with-parent"))
    folder = planted.folder_for("without-an-end")
    weak = weakened.bubblewrap(weakening, folder)
    weak.groups = None
    yield weak
    weak.close()


def test_the_daemon_outlives_a_backend_that_does_not_own_its_processes(
    without_an_end: BubblewrapSandbox, tmp_path: Path
) -> None:
    """It is found where a run has to prove that nothing is left of it."""
    word, said = uuid.uuid4().hex, bytearray()
    with pytest.raises(SandboxError) as raised:
        Runner(without_an_end, tmp_path)(DAEMON.format(word=word), said.extend)
    left = processes_named(word)
    weakened.kill(left)
    assert said == b"alive"
    assert len(left) == 1
    assert raised.value.code == "left_behind"
    assert f"process {left[0]}" in str(raised.value)


def test_the_stubborn_guest_outlives_its_time_without_the_backstop(
    planted: Host, tmp_path: Path
) -> None:
    """Its own limits have passed five times over; all that is left is our patience, a minute."""
    word = uuid.uuid4().hex
    code = "import os, time; os.write(1, b'up'); time.sleep(600)"
    script = f"""{DEAF}
    os.execv(sys.executable, [sys.executable, "-c", {code!r}, {word!r}])
    """
    patient = weakened.bubblewrap(Weakening(), planted.folder_for("patient"))
    job = Runner(patient, tmp_path).job(script, wall_seconds=0.2, grace_seconds=0.2)
    up = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(patient.run, job, lambda _: up.set())
        assert up.wait(30)
        time.sleep(2)
        living = processes_named(word)
        patient.close()
        with pytest.raises(SandboxError, match="closed"):
            run.result()
    assert living != []
    assert processes_named(word) == []


def test_the_flood_comes_through_where_the_cap_is_wide(settled: Sandbox, tmp_path: Path) -> None:
    script = "import os\nfor _ in range(3200):\n    os.write(1, bytes(65536))"
    taken: list[int] = []
    with stays_well(settled, tmp_path):
        ran = Runner(settled, tmp_path)(
            script, lambda chunk: taken.append(len(chunk)), evidence_bytes=256 * MIB
        )
    assert ran.end.stopped is None
    assert sum(taken) == 3200 * 65536
