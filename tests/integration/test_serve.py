"""`grader serve` and `grader submit`, as somebody runs them who has just installed the grader."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx
import pytest
from redis import Redis
from service_stubs import ASSIGNED, ASSIGNMENT
from service_stubs.notebooks import notebook
from service_stubs.processes import Process, alive, until

from grader.client import Client, kept
from grader.embedded import left
from grader.sandbox.linux.slots import Slots

GRADER = str(Path(sys.executable).with_name("grader"))


class Home:
    """A fresh user's place, in which `grader serve` is started and ended."""

    def __init__(self) -> None:
        # Below /tmp: pytest's folders are too long for a socket.
        self.folder = Path(mkdtemp(prefix="grader-serve-"))
        self.state, self.run = self.folder / "state", self.folder / "run"
        own = {k: v for k, v in os.environ.items() if not k.startswith(("GRADER_", "XDG_"))}
        self.environment = own | {
            "HOME": str(self.folder),
            "GRADER_STATE_DIR": str(self.state),
            "GRADER_RUNTIME_DIR": str(self.run),
            "GRADER_ASSIGNMENTS": str(ASSIGNMENT),
            "COLUMNS": "200",
        }
        self.serving: Process | None = None

    def serve(self) -> Process:
        """Start it, and wait until it says how to hand in."""
        log = self.folder / "serve.log"
        log.write_text("")
        command = [GRADER, "serve", "--port", "0", "--slots", "1"]
        self.serving = serving = Process(command, log, self.environment)
        until("it serves", lambda: "grader submit" in log.read_text() or not serving.runs, 90)
        assert serving.runs, log.read_text()
        return serving

    def grader(self, *words: str, expected: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [GRADER, *words],
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=120,
            check=False,
        )
        assert done.returncode == expected, done.stdout + done.stderr + self.logs()
        return done

    def client(self) -> Client:
        account = kept(self.state)
        assert account is not None
        return Client(account)

    def logs(self) -> str:
        files = [self.folder / "serve.log", *(self.state / "logs").glob("*.log")]
        return "".join(f"\n== {file.name}\n{file.read_text()[-3000:]}" for file in files)

    def notebook(self, name: str, data: bytes) -> str:
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    def hand_in(self, name: str, data: bytes) -> str:
        """Without waiting; its id."""
        done = self.grader("submit", self.notebook(name, data), "-a", ASSIGNED)
        return done.stdout.split()[1]

    def sleeper(self) -> str:
        """Hand in what would run for a minute; its id."""
        return self.hand_in("slow.ipynb", notebook("sleeper", sleeps=60))

    def post(self, path: str) -> None:
        account = kept(self.state)
        assert account is not None
        token = account.token.get_secret_value()
        headers = {"Authorization": f"Bearer {token}"}
        httpx.post(account.url + path, headers=headers).raise_for_status()

    def state_of(self, submission: str) -> str:
        with self.client() as client:
            return client.standing(submission).state

    def left(self) -> list[int]:
        """Processes of the service that are there."""
        return left.left(left.mark(self.state))

    def interrupt(self, serving: Process) -> int:
        """Press Ctrl-C; its exit status."""
        serving.ask(signal.SIGINT)
        until("it ends", lambda: not serving.runs, 60)
        return serving.end()

    def end(self) -> None:
        if self.serving is not None:
            self.interrupt(self.serving)
        with suppress(FileNotFoundError):
            left.kill_left(left.mark(self.state))
        shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def home(needs_bubblewrap: None, redis_server: Path) -> Iterator[Home]:
    made = Home()
    yield made
    made.end()


@pytest.fixture
def serving(home: Home) -> Process:
    """The service of the module, started where the last test ended it."""
    if home.serving is None or not home.serving.runs:
        return home.serve()
    return home.serving


def nothing_left(home: Home) -> bool:
    """No process, socket or sandbox: every slot is free."""
    slots = Slots(home.run / "slots", users=False)
    with slots.hold() as slot:
        first = slot.name.endswith("-0")
    sockets = [path for path in home.run.rglob("*") if path.is_socket()]
    return not home.left() and not sockets and first


def scored(report: dict[str, Any]) -> dict[str, Any]:
    """A report without what differs from run to run."""
    run = report.pop("run")
    return report | {"seed": run["seed_id"], "cells": [cell["status"] for cell in run["cells"]]}


@pytest.mark.usefixtures("serving")
def test_a_report_is_what_grade_says_on_the_same_machine(home: Home) -> None:
    path = home.notebook("hw.ipynb", notebook(right=False))
    to, html = home.folder / "report.json", home.folder / "report.html"
    forms = ("--json", str(to), "--html", str(html))
    words = ("submit", path, "-a", ASSIGNED, "--wait", *forms, "--fail-under", "7")
    submitted = home.grader(*words, expected=1)
    assert "Score: 6 / 10 (1 pending)" in submitted.stdout
    assert "These are sums" in html.read_text()
    graded = home.grader("grade", path, "-a", str(ASSIGNMENT), "--json", "-")
    assert scored(json.loads(to.read_text())) == scored(json.loads(graded.stdout))


@pytest.mark.usefixtures("serving")
def test_a_report_is_read_whenever_one_likes(home: Home) -> None:
    graded, given_up = home.hand_in("hw.ipynb", notebook(right=False)), home.sleeper()
    home.post(f"/api/submissions/{given_up}/cancel")
    until("it is graded", lambda: home.state_of(graded) == "graded", 60)
    to = home.folder / "again.json"
    shown = home.grader("report", graded, "--json", str(to), "--fail-under", "7", expected=1)
    assert "Score: 6 / 10 (1 pending)" in shown.stdout
    assert json.loads(to.read_text())["earned"] == 6
    assert "cancelled" in home.grader("report", given_up, expected=4).stderr
    assert "no such submission" in home.grader("report", "f" * 32, expected=2).stderr


@pytest.mark.usefixtures("serving")
def test_what_cannot_be_taken_is_told_with_its_exit_code(home: Home) -> None:
    right = home.notebook("hw.ipynb", notebook())
    broken = home.notebook("broken.ipynb", b'{"cells": ')
    home.grader("submit", broken, "-a", ASSIGNED, expected=3)
    unknown = home.grader("submit", right, "-a", "no-such", expected=2)
    assert "no such assignment" in unknown.stderr
    elsewhere = home.grader("submit", right, "--course", "other", "-a", ASSIGNED, expected=2)
    assert "no such course" in elsewhere.stderr


@pytest.mark.usefixtures("serving")
def test_a_second_one_on_the_same_state_says_so_and_ends(home: Home) -> None:
    second = home.grader("serve", "--port", "0", expected=4)
    assert "another `grader serve`" in second.stderr
    with home.client() as client:
        assert client.card("local", ASSIGNED).possible == 10


def test_without_a_sandbox_it_does_not_start(home: Home) -> None:
    home.environment["GRADER_SANDBOX"] = "glass"
    try:
        refused = home.grader("serve", "--port", "0", expected=4)
    finally:
        del home.environment["GRADER_SANDBOX"]
    assert "notebooks cannot be run here: there is no sandbox 'glass'" in refused.stderr
    assert "grader doctor" in refused.stderr


@pytest.mark.usefixtures("serving")
def test_redis_killed_is_started_again_and_nothing_is_lost(home: Home) -> None:
    with Redis(unix_socket_path=str(home.run / "service" / "redis.sock")) as redis:
        pid = redis.info("server")["process_id"]
    os.kill(pid, signal.SIGKILL)
    waits = home.hand_in("hw.ipynb", notebook("redis"))
    until("it is graded", lambda: home.state_of(waits) == "graded", 60)
    assert not alive(pid)
    assert "redis was killed by SIGKILL" in (home.folder / "serve.log").read_text()


def test_ctrl_c_leaves_nothing_and_the_next_start_carries_on(home: Home, serving: Process) -> None:
    runs = home.hand_in("slow.ipynb", notebook("slow", sleeps=3))
    waits = home.hand_in("hw.ipynb", notebook("waits"))
    until("it runs", lambda: home.state_of(runs) == "running")
    there = home.left()
    assert home.interrupt(serving) == 0, home.logs()
    assert not any(alive(pid) for pid in there)
    assert nothing_left(home)
    home.serve()
    until("both are graded", lambda: {home.state_of(i) for i in (runs, waits)} == {"graded"}, 60)


def test_a_start_after_a_kill_carries_on(home: Home, serving: Process) -> None:
    runs = home.hand_in("slow.ipynb", notebook("slow again", sleeps=3))
    until("it runs", lambda: home.state_of(runs) == "running")
    serving.kill()
    home.serve()
    until("it is graded", lambda: home.state_of(runs) == "graded", 120)
