"""Endings as they were captured from bubblewrap 0.8 and our launcher."""

import pytest

from grader.domain.run import Stopped
from grader.errors import SandboxError
from grader.sandbox.bubblewrap.fault import death, guest_exit_code, own_namespaces
from grader.sandbox.fault import Ending, verdict
from grader.sandbox.linux.cgroup import Usage
from grader.sandbox.linux.running import Told

STARTED = b'{ "child-pid": 4242, "cgroup-namespace": 4026532411 }\n'
LIMIT = 1000


def ending(
    *,
    halted: Stopped | None = None,
    status: bytes = STARTED,
    returncode: int = 1,
    heard: bool = False,
    usage: Usage | None = None,
    stderr: str = "",
) -> Ending:
    counted = usage or Usage(LIMIT)
    return Ending(halted, death(Told(heard, status, stderr, counted), returncode), counted, LIMIT)


def exited(code: int) -> bytes:
    return STARTED + b'{ "exit-code": %d }\n' % code


def code_of(seen: Ending) -> str:
    found = verdict(seen)
    assert isinstance(found, SandboxError), found
    return found.code


@pytest.mark.parametrize(
    ("stderr", "code"),
    [
        ("bwrap: No permissions to create new namespace, likely because", "no_user_namespaces"),
        ("bwrap: Creating new namespace failed: nesting depth or", "no_user_namespaces"),
        ("bwrap: Invalid seccomp data, must be multiple of 8", "seccomp_refused"),
        ("bwrap: setting up uid map: Permission denied", "no_user_namespaces"),
        ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "no_proc"),
        ("bwrap: Can't find source path /x: No such file or directory", "source_missing"),
        ("bwrap: Unknown option --disable-userns", "bubblewrap_too_old"),
        ("bwrap: execvp /v/bin/python: No such file or directory", "interpreter_unreachable"),
        ("launcher: [Errno 1] unshare: Operation not permitted", "no_mount_namespace"),
        ("launcher: the grading process is gone", "orphaned"),
        ("launcher: [Errno 13] Permission denied: '/v'", "launcher_failed"),
        ("something new", "unrecognised"),
        ("", "unrecognised"),
    ],
)
def test_a_message_before_the_start_is_ours(stderr: str, code: str) -> None:
    assert code_of(ending(stderr=stderr)) == code


def test_the_same_message_after_the_start_is_the_student_s() -> None:
    forged = "bwrap: No permissions to create new namespace"
    assert verdict(ending(status=exited(1), stderr=forged)) is None


@pytest.mark.parametrize("code", [0, 1, 127, 137, 159])
def test_a_guest_that_was_heard_and_ended_by_itself_is_not_stopped(code: int) -> None:
    assert verdict(ending(status=exited(code), returncode=code, heard=True)) is None


def test_a_program_that_prlimit_could_not_start_is_ours() -> None:
    said = "prlimit: failed to execute /v/bin/python: No such file or directory"
    seen = ending(status=exited(127), returncode=127, stderr=said)
    assert code_of(seen) == "interpreter_unreachable"


@pytest.mark.parametrize("status", [STARTED, exited(137)])
def test_a_run_that_died_at_its_memory_limit_was_stopped_by_it(status: bytes) -> None:
    found = verdict(ending(status=status, returncode=-9, usage=Usage(LIMIT, oom_kills=2)))
    assert isinstance(found, Stopped)
    assert found.reason == "memory"


def test_a_guest_that_outlived_an_oom_kill_was_not_stopped() -> None:
    assert verdict(ending(status=exited(0), usage=Usage(LIMIT, oom_kills=1))) is None


def test_killed_for_memory_far_below_the_limit_is_the_machine_s_fault() -> None:
    seen = ending(status=exited(137), usage=Usage(LIMIT // 2, oom_kills=1))
    assert code_of(seen) == "machine_memory"


def test_without_a_measured_peak_the_limit_is_to_blame() -> None:
    found = verdict(ending(usage=Usage(None, oom_kills=1)))
    assert isinstance(found, Stopped)


def test_what_we_ended_has_our_reason_whatever_else_is_seen() -> None:
    halted = Stopped(reason="wall_time", message="late")
    assert verdict(ending(halted=halted, returncode=-9, stderr="bwrap: execvp")) is halted


def test_bubblewrap_killed_by_a_stranger_is_ours() -> None:
    assert code_of(ending(returncode=-9, heard=True)) == "killed_from_outside"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (b"", None),
        (STARTED, None),
        (STARTED + b'{ "exit-c', None),
        (exited(3), 3),
        (STARTED.strip() + b"\n" + b'{"exit-code": 0}', 0),
    ],
)
def test_the_exit_code_is_read_from_the_status_documents(status: bytes, code: int | None) -> None:
    assert guest_exit_code(status) == code


def test_the_namespaces_are_read_from_the_status_documents() -> None:
    assert own_namespaces(exited(0)) == {4026532411}
    assert own_namespaces(b"") == own_namespaces(b'{"pid-names') == frozenset()
