"""Whose fault, from lines that keepers of real runs wrote."""

import pytest

from grader.domain.run import Stopped
from grader.errors import SandboxError
from grader.sandbox.bubblewrap.fault import Ending
from grader.sandbox.linux.cgroup import Usage
from grader.sandbox.warm.fault import failure, verdict


def ending(status: bytes, *, heard: bool = True, **more: object) -> Ending:
    known = {"halted": None, "returncode": 0, "usage": Usage(), "memory_limit": 100, "stderr": ""}
    return Ending(status=status, heard=heard, **{**known, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("code", [0, 1, 127, 137])
def test_a_guest_that_ended_is_not_stopped(code: int) -> None:
    assert verdict(ending(b'{"exit-code": %d}' % code)) is None


def test_a_guest_killed_for_memory_is_the_student_s() -> None:
    judged = verdict(ending(b'{"exit-code": 137}', usage=Usage(95, 1, 0)))
    assert isinstance(judged, Stopped)
    assert judged.reason == "memory"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("PermissionError: [Errno 1] unshare: Operation not permitted", "no_user_namespaces"),
        (
            "RuntimeError: OSError: [Errno 28] unshare: No space left on device",
            "no_user_namespaces",
        ),
        ("RuntimeError: PermissionError: [Errno 1] mount proc on proc: x", "no_proc"),
        ("FileNotFoundError: [Errno 2] open_tree /tmp/job: No such file", "source_missing"),
        ("ProcessLookupError: the warm parent is gone", "orphaned"),
        ("RuntimeError: the first process died early", "warm_fork"),
    ],
)
def test_a_run_that_never_began_is_ours(said: str, code: str) -> None:
    judged = verdict(ending(b'{"failed": "%s"}' % said.encode(), heard=False))
    assert isinstance(judged, SandboxError)
    assert judged.code == code
    assert said in str(judged)


@pytest.mark.parametrize("status", [b"", b'{"killed": true}', b'{"exit-co'])
def test_a_run_whose_end_nobody_ordered_is_ours(status: bytes) -> None:
    judged = verdict(ending(status))
    assert isinstance(judged, SandboxError)
    assert judged.code == "killed_from_outside"


def test_what_we_ended_is_told_as_that_even_without_a_status() -> None:
    late = Stopped(reason="wall_time", message="late")
    assert verdict(ending(b"", halted=late)) == late


def test_a_status_that_was_cut_says_nothing() -> None:
    assert failure(b'{"failed": "x') is None
    assert failure(b"") is None
