"""The supervisor of `grader serve`, with real processes.

It runs in a process of its own, as it does for users: signals are sent to it.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from grader.embedded import left

SUPERVISED = """
import json, sys
from pathlib import Path
from grader.embedded import Program, Supervisor
from grader.embedded import supervise
from grader.errors import ServeError

folder, stages = Path(sys.argv[1]), json.loads(sys.argv[2])
supervise.FIRST_DELAY = 0.05
def program(name, script, grace=10):
    return Program(
        name=name,
        command=("bash", "-c", f"cd {folder}; echo $$ >> {name}.pids; {script}"),
        log=folder / "logs" / f"{name}.log",
        ready=(folder / f"{name}.ready").exists,
        grace=grace,
    )
try:
    Supervisor([[program(**p) for p in stage] for stage in stages], print).run(
        lambda: print("started")
    )
except ServeError as error:
    print(f"error: {error}")
print("ended")
"""
WELL = "touch {name}.ready; trap 'echo {name} >> ends; exit' TERM; while :; do sleep 0.05; done"
DEAF = "touch {name}.ready; trap '' TERM; while :; do sleep 0.05; done"


class Supervised:
    """A supervisor at work."""

    def __init__(self, folder: Path, *stages: list[dict[str, Any]], **environment: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", SUPERVISED, str(folder), json.dumps(stages)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | environment,
        )
        self.said: list[str] = []

    def until_said(self, words: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.strip())
            if words in line:
                return
        pytest.fail(f"it never said {words!r} but {self.said}")

    def pids(self, name: str) -> list[int]:
        """Of all its starts."""
        file = self.folder / f"{name}.pids"
        return [int(pid) for pid in file.read_text().split()] if file.exists() else []

    def end(self) -> None:
        """Leave nothing: a second signal kills."""
        for sent in (signal.SIGINT, signal.SIGTERM):
            self.process.send_signal(sent)
        self.process.communicate(timeout=10)


def well(name: str, script: str = WELL, grace: float = 10) -> dict[str, Any]:
    return {"name": name, "script": script.format(name=name), "grace": grace}


Start = Callable[..., Supervised]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    made: list[Supervised] = []

    def begin(*stages: list[dict[str, Any]], **environment: str) -> Supervised:
        made.append(Supervised(tmp_path, *stages, **environment))
        return made[-1]

    yield begin
    for supervised in made:
        supervised.end()


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_a_stage_begins_when_the_one_before_is_ready(start: Start, tmp_path: Path) -> None:
    late = "until [ -e go ]; do sleep 0.02; done; " + WELL
    supervised = start([well("first", late)], [well("second")])
    until(lambda: supervised.pids("first"))
    assert supervised.pids("second") == []
    (tmp_path / "go").touch()
    supervised.until_said("started")
    assert len(supervised.pids("second")) == 1


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_the_last_one_first(
    start: Start, tmp_path: Path, sent: signal.Signals
) -> None:
    supervised = start([well("redis")], [well("worker"), well("api")])
    supervised.until_said("started")
    supervised.process.send_signal(sent)
    supervised.until_said("ended")
    assert supervised.process.wait(10) == 0
    assert (tmp_path / "ends").read_text().split() == ["api", "worker", "redis"]


def test_one_that_was_killed_is_started_again_and_so_is_what_it_had_started_ended(
    start: Start,
) -> None:
    script = "sleep 1000 & echo $! >> grandchild.pids; " + WELL
    supervised = start([well("worker", script)])
    supervised.until_said("started")
    [first], [grandchild] = supervised.pids("worker"), supervised.pids("grandchild")
    os.kill(first, signal.SIGKILL)
    supervised.until_said("worker was killed by SIGKILL; it starts again in 0.05 s")
    until(lambda: len(supervised.pids("worker")) == 2)
    until(lambda: not lives(grandchild))


def test_one_that_never_becomes_ready_is_named_with_its_last_words(start: Start) -> None:
    supervised = start([well("redis")], [well("api", "echo the port is taken; exit 7")])
    supervised.until_said("error: api ended 3 times before it was ready")
    supervised.until_said("the port is taken")
    supervised.until_said("ended")
    assert not any(lives(pid) for pid in supervised.pids("redis"))


def test_one_that_ignores_the_signal_is_killed_when_its_time_is_up(start: Start) -> None:
    supervised = start([well("deaf", DEAF, grace=0.2)])
    supervised.until_said("started")
    supervised.process.terminate()
    supervised.until_said("deaf did not end by itself, and was killed")
    supervised.until_said("ended")
    assert not any(lives(pid) for pid in supervised.pids("deaf"))


def test_a_second_signal_kills_at_once(start: Start) -> None:
    supervised = start([well("other", DEAF, grace=1000)], [well("deaf", DEAF, grace=1000)])
    supervised.until_said("started")
    supervised.process.send_signal(signal.SIGINT)
    # Two of one kind that wait together are one.
    supervised.process.send_signal(signal.SIGTERM)
    supervised.until_said("asked again: everything is killed")
    supervised.until_said("ended")
    pids = supervised.pids("other") + supervised.pids("deaf")
    assert not any(lives(pid) for pid in pids)


def test_a_signal_during_the_start_ends_what_was_started(start: Start) -> None:
    supervised = start([well("slow", "sleep 1000")])
    until(lambda: supervised.pids("slow"))
    supervised.process.terminate()
    supervised.until_said("ended")
    assert supervised.process.wait(10) == 0
    assert "started" not in supervised.said


def test_when_it_is_killed_the_kernel_ends_its_programs(start: Start) -> None:
    supervised = start([well("worker")])
    supervised.until_said("started")
    supervised.process.kill()
    until(lambda: not any(lives(pid) for pid in supervised.pids("worker")))


def marked(folder: Path) -> Mapping[str, str]:
    return {left.MARK: left.mark(folder)}


def test_what_outlives_a_killed_supervisor_is_found_by_its_mark_and_ended(
    start: Start, tmp_path: Path
) -> None:
    script = "setsid sleep 1000 & echo $! >> grandchild.pids; " + DEAF
    supervised = start([well("deaf", script)], **marked(tmp_path))
    supervised.until_said("started")
    supervised.process.kill()
    supervised.process.wait(10)
    there = supervised.pids("deaf") + supervised.pids("grandchild")
    assert all(lives(pid) for pid in there)
    assert left.kill_left(left.mark(tmp_path)) >= 2
    assert not any(lives(pid) for pid in there)
    assert left.left(left.mark(tmp_path)) == []


def test_the_mark_of_another_state_is_left_alone(start: Start, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    supervised = start([well("worker")], **marked(other))
    supervised.until_said("started")
    assert left.kill_left(left.mark(tmp_path)) == 0
    assert all(lives(pid) for pid in supervised.pids("worker"))
