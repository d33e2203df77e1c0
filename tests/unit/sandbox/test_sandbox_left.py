"""The proof that nothing is left finds each thing that could be."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.sandbox.linux.left import Trace, prove_nothing_left

HERE = Path("/no/such/job")


def trace(**changes: object) -> Trace:
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    known = {"name": "grader-x-0", "namespaces": (), "user": None, "ended": now + 1}
    return Trace(**{**known, "groups": (), "folder": HERE, **changes})  # type: ignore[arg-type]  # of its fields


def found(left: Trace, proc: Path = Path("/proc")) -> str:
    with pytest.raises(SandboxError) as raised:
        prove_nothing_left(left, proc, patience=0)
    assert raised.value.code == "left_behind"
    return str(raised.value)


def test_where_nothing_is_left_it_returns(tmp_path: Path) -> None:
    prove_nothing_left(trace(namespaces={1}, groups=(tmp_path / "gone",)), patience=0)


@pytest.fixture
def apart() -> Iterator[tuple[int, int]]:
    """A process with a namespace of its own: its id, and the namespace's number."""
    words = ["unshare", "--user", "--ipc", "sleep", "60"]
    process = subprocess.Popen(words)
    ours = Path("/proc/self/ns/ipc").stat().st_ino
    theirs = Path(f"/proc/{process.pid}/ns/ipc")
    while theirs.stat().st_ino == ours and process.poll() is None:
        time.sleep(0.005)
    yield process.pid, theirs.stat().st_ino
    process.kill()
    process.wait()


def test_a_process_in_a_namespace_of_the_run_is_left(apart: tuple[int, int]) -> None:
    process, namespace = apart
    assert f"process {process}" in found(trace(namespaces={namespace}))


def test_who_began_after_the_end_or_is_another_user_has_a_number_that_was_given_anew(
    apart: tuple[int, int],
) -> None:
    _, namespace = apart
    prove_nothing_left(trace(namespaces={namespace}, ended=0.0), patience=0)
    prove_nothing_left(trace(namespaces={namespace}, user=os.getuid() + 987_654), patience=0)


def test_a_namespace_that_is_ours_as_well_is_no_trace_of_a_run() -> None:
    ours = Path("/proc/self/ns/net").stat().st_ino
    prove_nothing_left(trace(namespaces={ours}), patience=0)


def with_a_process(proc: Path, state: str) -> Path:
    process = proc / "7"
    (process / "ns").mkdir(parents=True)
    for kind in ("pid", "mnt", "net", "ipc"):
        (process / "ns" / kind).touch()
    (process / "stat").write_text(f"7 (python) {state}" + " 1" * 49)
    (proc / "self").mkdir()
    (proc / "self" / "mountinfo").touch()
    return process


def test_where_namespaces_are_not_known_the_run_s_own_user_tells(tmp_path: Path) -> None:
    """As for a container, which its engine says is gone."""
    with_a_process(tmp_path, "S")
    assert "process 7" in found(trace(user=os.getuid()), tmp_path)
    prove_nothing_left(trace(user=os.getuid(), ended=0.0), tmp_path, patience=0)
    prove_nothing_left(trace(user=os.getuid() + 1), tmp_path, patience=0)


@pytest.mark.parametrize(("state", "left"), [("S", True), ("D", True), ("T", True), ("Z", False)])
def test_a_dead_process_that_nobody_has_asked_for_is_not_left(
    tmp_path: Path, state: str, *, left: bool
) -> None:
    process = with_a_process(tmp_path, state)
    own = trace(namespaces={(process / "ns" / "pid").stat().st_ino})
    if left:
        assert "process 7" in found(own, tmp_path)
    else:
        prove_nothing_left(own, tmp_path, patience=0)


def test_a_control_group_is_left(tmp_path: Path) -> None:
    assert f"the control group {tmp_path}" in found(trace(groups=(tmp_path,)))


def test_a_mount_of_the_job_is_left(tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    line = "36 35 98:0 /work/job-1 /tmp/view rw,noatime - ext4 /dev/root rw\n"
    (tmp_path / "self" / "mountinfo").write_text(line)
    assert "a mount on /tmp/view" in found(trace(folder=Path("/work/job-1")), tmp_path)
    (tmp_path / "self" / "mountinfo").write_text(line.replace("view", "grader-x-0"))
    assert "a mount on /tmp/grader-x-0" in found(trace(), tmp_path)


def test_a_mount_of_a_slot_whose_name_begins_likewise_is_not_left(tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    line = "36 35 0:49 / /run/grader/mounts/grader-x-10/home rw - tmpfs tmpfs rw\n"
    (tmp_path / "self" / "mountinfo").write_text(line)
    prove_nothing_left(trace(name="grader-x-1"), tmp_path, patience=0)
    assert "a mount on /run" in found(trace(name="grader-x-10"), tmp_path)


def test_what_ends_meanwhile_is_waited_for() -> None:
    with subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE) as process:
        own = Path(f"/proc/{process.pid}/ns/net")
        while own.stat().st_ino == Path("/proc/self/ns/net").stat().st_ino:
            assert process.poll() is None, "not allowed to make a network namespace"
        namespaces = {own.stat().st_ino}
        assert f"process {process.pid}" in found(trace(namespaces=namespaces))
        assert process.stdin is not None
        threading.Timer(0.2, process.stdin.close).start()
        prove_nothing_left(trace(namespaces=namespaces))
