"""Waiting sandboxes: each is used once, and is in nothing else unlike one that is started cold."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sandbox_jobs import MIB, Runner, control_groups, processes_named

from grader.domain.job import JobCell, JobSpec
from grader.domain.limits import Limits
from grader.errors import SandboxError
from grader.sandbox.bubblewrap import BubblewrapSandbox
from grader.sandbox.fake import FakeSandbox
from grader.sandbox.interface import Job
from grader.sandbox.jobfolder import write_job
from grader.sandbox.pool import Pool
from grader.scratch import PREFIX

pytestmark = pytest.mark.usefixtures("needs_bubblewrap")

IMPORTED = "import sys, json; print(json.dumps('wave' in sys.modules))"
"""Whether a module is there that nothing but the pool imports."""


@contextmanager
def pooled(
    folder: Path, size: int = 1, modules: tuple[str, ...] = ("wave",), **times: float
) -> Iterator[tuple[Runner, BubblewrapSandbox]]:
    inner = BubblewrapSandbox.here(folder / "runtime")
    pool = Pool(inner, size, modules, **times)
    try:
        yield Runner(pool, folder), inner
    finally:
        pool.close()


def waiting_folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob(f"{PREFIX}waiting-*"))


def test_the_first_job_starts_cold_and_the_next_ones_have_been_waited_for(tmp_path: Path) -> None:
    with pooled(tmp_path) as (run, _):
        assert [run(IMPORTED).report for _ in range(3)] == [False, True, True]


def test_a_job_with_other_limits_starts_cold(tmp_path: Path) -> None:
    with pooled(tmp_path) as (run, _):
        assert run(IMPORTED).report is False
        assert run(IMPORTED, memory_bytes=300 * MIB).report is False
        assert run(IMPORTED, memory_bytes=300 * MIB).report is True


def test_a_waiting_sandbox_is_used_once(tmp_path: Path) -> None:
    leave = "import os; print(os.path.exists('/tmp/trace')); open('/tmp/trace', 'w').close()"
    with pooled(tmp_path) as (run, _):
        assert [run(leave).out for _ in range(3)] == [b"False\n"] * 3


def test_time_counts_from_the_job(tmp_path: Path) -> None:
    with pooled(tmp_path) as (run, _):
        run(IMPORTED)
        time.sleep(1)  # in which it waits
        started = time.monotonic()
        assert run(IMPORTED).end.facts.seconds <= time.monotonic() - started


def test_a_guest_that_hangs_is_ended_by_its_own_time(tmp_path: Path) -> None:
    hang = "import os\nos.write(1, b'here')\nwhile True: pass"
    times = {"wall_seconds": 0.6, "grace_seconds": 0.4}
    with pooled(tmp_path, startup_seconds=0.5) as (run, _):
        run("print(1)", **times)
        ran = run(hang, **times)
    assert ran.out == b"here"
    assert ran.end.stopped is not None
    assert ran.end.stopped.reason == "wall_time"


def test_what_has_waited_too_long_for_a_job_s_whole_time_gets_none(tmp_path: Path) -> None:
    with pooled(tmp_path, idle_seconds=0) as (run, _):
        assert [run(IMPORTED).report for _ in range(3)] == [False] * 3


def test_what_waits_in_vain_ends_by_itself(tmp_path: Path) -> None:
    before = waiting_folders()
    with pooled(tmp_path, idle_seconds=0.2) as (run, inner):
        run("")
        while waiting_folders() - before:
            time.sleep(0.01)
        assert inner._live == set()
        assert control_groups(inner.slots.label) == frozenset()


def test_the_job_is_whole_and_read_only(tmp_path: Path) -> None:
    script = """
        import json, os, sys
        print(json.dumps([sys.argv, sys.path[0], os.getcwd(), os.access(sys.argv[1], os.W_OK)]))
    """
    with pooled(tmp_path) as (run, _):
        run("")
        assert run(script).report == [
            ["/job/ready/guest", "/job/ready"],
            "/job/ready/guest",
            "/home/student",
            False,
        ]


def test_what_a_receiver_raises_passes_through(tmp_path: Path) -> None:
    def break_down(_: bytes) -> None:
        raise ZeroDivisionError

    with pooled(tmp_path) as (run, _):
        run("")
        with pytest.raises(ZeroDivisionError):
            run("print(1, flush=True); import time; time.sleep(600)", break_down)


def test_one_that_ended_while_it_waited_is_replaced_by_a_cold_start(tmp_path: Path) -> None:
    with pooled(tmp_path) as (run, inner):
        before = waiting_folders()
        run("")
        [folder] = waiting_folders() - before
        while not inner._live:
            time.sleep(0.01)
        for launched in tuple(inner._live):
            launched.kill()
        while folder.exists():
            time.sleep(0.01)
        assert run(IMPORTED).report is False


def test_a_closed_pool_leaves_nothing(tmp_path: Path) -> None:
    before = waiting_folders()
    with pooled(tmp_path, size=2) as (run, inner):
        run("")
        assert len(waiting_folders() - before) == 2
    assert waiting_folders() - before == set()
    assert control_groups(inner.slots.label) == frozenset()
    assert processes_named(str(tmp_path)) == []
    with pytest.raises(SandboxError, match="closed"):
        run("")


def test_a_notebook_s_kernel_is_forked_from_what_waited(tmp_path: Path) -> None:
    limits = Limits(memory_bytes=1024 * MIB, threads=1)
    source = "import sys; print('ready' in sys.argv[0], 'wave' in sys.modules)"
    spec = JobSpec(cells=(JobCell(index=0, source=source),), probes=(), limits=limits, seed=1)
    said = []
    with pooled(tmp_path, modules=("wave", "ipykernel.kernelapp")) as (run, _):
        for number in range(2):
            folder = tmp_path / f"notebook-{number}"
            folder.mkdir()
            write_job(folder, spec, {}, None)
            out = bytearray()
            run.sandbox.run(Job(folder, None, limits), out.extend)
            said.append([word for word in (b"False False", b"False True") if word in out])
    assert said == [[b"False False"], [b"False True"]]


def test_failures_of_ours_are_the_job_s_that_met_them(tmp_path: Path) -> None:
    broken = FakeSandbox(ending=SandboxError("no_engine", "the daemon is gone"))
    with pytest.raises(SandboxError, match="daemon"):
        Pool(broken, 1).run(Runner(broken, tmp_path).job(""), lambda _: None)
