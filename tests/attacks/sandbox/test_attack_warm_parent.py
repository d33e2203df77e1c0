"""What a fork might know that an executed process would not; the attacks bite weakened parents."""

import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import pytest
from sandbox_jobs import (
    MIB,
    Runner,
    control_groups,
    label_of,
    make_job,
    processes_named,
)
from warm_weakened import LIGHT, warm, weakened

from grader.errors import SandboxError
from grader.sandbox.linux.running import Seen, Told
from grader.sandbox.warm.fork import Forked

LIBS = "warm_libraries.py"
CONFORMANCE = Path(__file__).parents[2] / "conformance"


def parents() -> set[int]:
    """Processes that are warm parents of this one."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == os.getpid() and any(word.endswith(b"/parent") for word in words):
            found.add(int(folder.name))
    return found


SEARCH = """
    import json, re
    def holds(drow):
        # So written that the word itself never is in this process's memory on our account.
        pattern = re.compile(b"".join(b"[%c]" % letter for letter in reversed(drow.encode())))
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb") as memory:
            for line in maps:
                span, rights = line.split()[:2]
                begin, end = (int(part, 16) for part in span.split("-"))
                if rights[0] != "r" or end - begin > 2**28 or "[v" in line:
                    continue
                memory.seek(begin)
                try:
                    if pattern.search(memory.read(end - begin)):
                        return True
                except OSError:
                    continue
        return False
    own = "{own}"
    print(json.dumps([holds("{own_drow}"), holds("{drow}")]))
"""


def found_of_another(run: Runner) -> list[bool]:
    """Whether a guest finds its own word in its memory, and an earlier run's."""
    other = uuid.uuid4().hex
    run(f"print({other!r})", variables_of=other)
    own = uuid.uuid4().hex
    found = run(SEARCH.format(own=own, own_drow=own[::-1], drow=other[::-1])).report
    assert isinstance(found, list)
    return found


class Named(Runner):
    """Jobs whose folder has a name by which their traces are known."""

    def job(self, script: str, **more: object):  # noqa: ANN201 - as its base
        name = more.pop("variables_of", None)
        if name is None:
            return super().job(script, **more)
        return make_job(self._folder / str(name), script, **more)


def test_a_run_finds_no_trace_of_an_earlier_one_in_its_memory(tmp_path: Path) -> None:
    with warm(tmp_path) as run:
        found = found_of_another(Named(run.sandbox, tmp_path))
    assert found == [True, False]


_READS = """\
        if "leak" not in globals():
            globals().update(leak=os.pipe(), plans=[])
            os.set_blocking(leak[0], False)
        else:
            plans.append(os.read(leak[0], 10**6))
        child = os.fork()
        if child == 0:
            os.dup2(leak[1], 20)
"""
"""A parent that hears each plan from its fork and keeps it."""


def test_the_search_finds_what_a_parent_that_read_plans_would_leave(tmp_path: Path) -> None:
    loaded = "            plan = json.load(file)\n"
    told = f"{loaded}            os.write(20, json.dumps(plan).encode())\n"
    forks = ("__main__.py", "        child = os.fork()\n", _READS)
    program = weakened(tmp_path, forks, ("warm_run.py", loaded, told))
    with warm(tmp_path, program) as run:
        found = found_of_another(Named(run.sandbox, tmp_path))
    assert found == [True, True]


ENVIRON = """
    import json, os
    seen = open("/proc/self/environ", "rb").read().decode()
    print(json.dumps({"file": seen, "here": "".join(f"{k}={v}" for k, v in os.environ.items())}))
"""


def test_nothing_of_the_grader_s_environment_is_in_a_fork(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_SECRET", "hunter2")
    with warm(tmp_path) as run:
        seen = run(ENVIRON).report
    assert seen["file"] == ""
    assert "hunter2" not in seen["here"]


RANDOM = """
    import json, random, tempfile, uuid
    import numpy, torch
    print(json.dumps({
        "random": random.random(), "numpy": numpy.random.rand(), "torch": torch.rand(1).item(),
        "new": numpy.random.default_rng().random(), "seed": torch.initial_seed(),
        "id": uuid.uuid4().hex, "name": tempfile.mktemp(), "dropout":
        torch.nn.functional.dropout(torch.ones(64)).tolist(),
    }))
"""
LIBRARIES = (*LIGHT, "numpy.random", "torch")


def test_two_runs_of_a_parent_draw_other_numbers(tmp_path: Path) -> None:
    with warm(tmp_path, modules=LIBRARIES) as run:
        one, two = (run(RANDOM, memory_bytes=1024 * MIB).report for _ in range(2))
    assert {name for name in one if one[name] == two[name]} == set()


def test_without_seeds_of_their_own_two_runs_draw_the_same(tmp_path: Path) -> None:
    program = weakened(
        tmp_path,
        (LIBS, "        numpy.seed()", "        pass"),
        (LIBS, "        torch.default_generator.manual_seed(", "        (lambda _: None)("),
    )
    with warm(tmp_path, program, modules=LIBRARIES) as run:
        one, two = (run(RANDOM, memory_bytes=1024 * MIB).report for _ in range(2))
    assert {name for name in one if one[name] == two[name]} == {
        "numpy",
        "torch",
        "seed",
        "dropout",
    }


STATE = """
    import json, os, sys, torch
    frames, frame = [], sys._getframe()
    while frame:
        frames.append(sorted(map(repr, frame.f_locals.values())))
        frame = frame.f_back
    print(json.dumps({
        "threads": len(os.listdir("/proc/self/task")), "cuda": torch.cuda.is_initialized(),
        "forked": bool(getattr(torch.cuda, "_in_bad_fork", False)), "frames": str(frames),
        "ours": [name for name in sys.modules if name.startswith(("warm_", "grader"))],
    }))
"""


def test_a_fork_has_one_thread_no_cuda_and_nothing_of_ours(tmp_path: Path) -> None:
    with warm(tmp_path, modules=LIBRARIES) as run:
        seen = run(STATE, memory_bytes=1024 * MIB).report
    assert seen["threads"] == 1
    assert (seen["cuda"], seen["forked"]) == (False, False)
    assert seen["ours"] == []
    assert str(tmp_path) not in seen["frames"]
    assert "cgroup" not in seen["frames"]


def test_a_parent_with_a_second_thread_refuses_to_fork(tmp_path: Path) -> None:
    thread = "import threading, time\n    threading.Thread(target=time.sleep, args=(9,)).start()\n"
    program = weakened(tmp_path, (LIBS, "    gc.collect()", f"    {thread}"))
    with warm(tmp_path, program) as run, pytest.raises(SandboxError, match="2 threads") as raised:
        run("print('never')")
    assert raised.value.code == "warm_parent"


def test_a_parent_that_dies_takes_its_runs_along_and_that_is_our_fault(tmp_path: Path) -> None:
    word = uuid.uuid4().hex
    script = f"""
        import os, sys
        code = "import time; print('up', flush=True); time.sleep(600)"
        os.execv(sys.executable, [sys.executable, "-c", code, {word!r}])
    """

    def murder(_: bytes) -> None:
        for process in parents():
            os.kill(process, signal.SIGKILL)

    with warm(tmp_path) as run:
        with pytest.raises(SandboxError, match="ended") as raised:
            run(script, murder)
        assert raised.value.code == "killed_from_outside"
        assert processes_named(word) == []
        assert run("print('another parent is there')").out


def test_a_fork_that_fails_is_our_fault(tmp_path: Path) -> None:
    with warm(tmp_path) as run:
        assert run("print('once')").out
        for process in parents():
            resource.prlimit(process, resource.RLIMIT_NOFILE, (6, 6))
        with pytest.raises(SandboxError) as raised:
            run("print('never')")
    assert raised.value.code == "warm_parent"


def test_a_parent_that_was_replaced_lives_until_its_last_run_has_ended(tmp_path: Path) -> None:
    seen: list[int] = []

    def look(_: bytes) -> None:
        seen.append(len(parents()))

    def run_another(_: bytes) -> None:
        look(b"")
        assert run("print('of the next parent')", look).out == b""
        look(b"")

    with warm(tmp_path, forks=1) as run:
        assert run("print('of the first')", run_another).end.stopped is None
        look(b"")
    assert seen == [1, 2, 2, 1]


def test_a_parent_is_replaced_after_some_forks(tmp_path: Path) -> None:
    seen: list[set[int]] = []
    with warm(tmp_path, forks=2) as run:
        for _ in range(4):
            run("print(1)", lambda _: seen.append(parents()))
    assert seen[0] == seen[1] != seen[2] == seen[3]
    assert parents() == set()
    assert {len(each) for each in seen} == {1}


def test_the_namespaces_that_must_be_empty_afterwards_are_the_run_s(tmp_path: Path) -> None:
    kinds = ("pid", "mnt", "net", "ipc", "uts", "user")
    script = f"""
        import json, os
        print(json.dumps([os.stat(f"/proc/self/ns/{{kind}}").st_ino for kind in {kinds!r}]))
    """
    seen: list[frozenset[int]] = []
    with warm(tmp_path) as run:
        parts = Forked.seen
        with pytest.MonkeyPatch.context() as patch:

            def look(forked: Forked, told: Told) -> Seen:
                seen.append(parts(forked, told).namespaces)
                return parts(forked, told)

            patch.setattr(Forked, "seen", look)
            inside = run(script)
    assert seen == [frozenset(inside.report)]


def test_a_closed_sandbox_leaves_no_parent(tmp_path: Path) -> None:
    with warm(tmp_path) as run:
        run("print(1)")
        assert len(parents()) == 1
    assert parents() == set()


HOST = """
import sys, threading
from pathlib import Path
from grader.domain.limits import Limits
from grader.sandbox.interface import Job
from grader.sandbox.linux.cgroups_here import find
from grader.sandbox.warm import WarmSandbox
from sandbox_jobs import INTERPRETER

limits = Limits(wall_seconds=60, memory_bytes=2**28, tmp_bytes=2**20, threads=1, processes=64)
box = WarmSandbox(INTERPRETER, Path(sys.argv[1]), groups=find(), modules=("json",))
say = lambda chunk: (sys.stdout.buffer.write(chunk), sys.stdout.buffer.flush())
worker = threading.Thread(target=lambda: box.run(Job(Path(sys.argv[2]), None, limits), say))
worker.start()
worker.join()
"""
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


def test_an_ordinary_user_can_fork_sandboxes() -> None:
    """Not root: no slot user, no control group here; the user namespace alone must hold."""
    if os.geteuid() != 0:
        pytest.skip("every other test already runs as an ordinary user")
    if not all(folder.stat().st_mode & 0o001 for folder in CONFORMANCE.parents):
        pytest.skip(f"{CONFORMANCE} lies below a folder that ordinary users may not enter")
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
                *(sys.executable, "-c", HOST, str(folder / "runtime"), str(job.folder)),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={"HOME": name, "PYTHONPATH": str(CONFORMANCE)},
        )
    assert ended.stderr == ""
    assert ended.stdout == "1000 {0} False\n"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGHUP"])
def test_a_killed_grader_takes_parent_and_runs_with_it(tmp_path: Path, name: str) -> None:
    word, runtime = uuid.uuid4().hex, tmp_path / "runtime"
    job = make_job(tmp_path / "stubborn", STUBBORN.format(word=word))
    with subprocess.Popen(
        # also below `nohup`, which lets all ignore SIGHUP
        ["env", "--default-signal", sys.executable, "-c", HOST, str(runtime), str(job.folder)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(CONFORMANCE)},
        start_new_session=True,
    ) as grader:
        assert grader.stdout is not None
        assert [grader.stdout.readline() for _ in range(2)] == [b"up\n"] * 2
        children = Path(f"/proc/{grader.pid}/task").glob("*/children")
        parent = {int(p) for file in children for p in file.read_text().split()}
        grader.send_signal(getattr(signal, name))
        assert grader.wait() == -getattr(signal, name)
    deadline = time.monotonic() + 20
    while processes_named(word) or any(Path(f"/proc/{p}").exists() for p in parent):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert parent
    with warm(tmp_path) as run:  # takes the slot that the killed grader held
        assert run("print(1)").out
        assert control_groups(label_of(run.sandbox)) == frozenset()
