"""Endings as they were captured from bubblewrap 0.8 and our launcher."""

import pytest

from grader.domain.run import Stopped
from grader.errors import SandboxError
from grader.sandbox import fault
from grader.sandbox.bubblewrap.fault import _MESSAGES, death, guest_exit_code, own_namespaces
from grader.sandbox.fault import Ending, verdict
from grader.sandbox.linux.cgroup import Usage
from grader.sandbox.linux.running import Told

# What was said where a run did not start, one constant for each way in which we broke the machine.
# bubblewrap 0.8.0 and prlimit of util-linux 2.38.1, on Linux 6.18.
CHROOTED = (  # in a chroot, where the kernel makes no user namespaces
    "bwrap: No permissions to create new namespace, likely because the kernel does not allow"
    " non-privileged user namespaces. See <https://deb.li/bubblewrap> or"
    " <file:///usr/share/doc/bubblewrap/README.Debian.gz>."
)
NO_MORE_NAMESPACES = (  # user.max_user_namespaces = 0
    "bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces"
    " exceeded (ENOSPC)"
)
UNREADABLE_BUBBLEWRAP = "bwrap: setting up uid map: Permission denied"  # its mode is 0111
READ_ONLY_PROC = "bwrap: setting up uid map: Read-only file system"
READ_ONLY_SYSCTLS = (  # with a second, whole /proc elsewhere, else it is HIDDEN_PROC
    "bwrap: cannot open /proc/sys/user/max_user_namespaces: Read-only file system"
)
HIDDEN_PROC = "bwrap: Can't mount proc on /newroot/proc: Operation not permitted"
NO_FOLDER = "bwrap: Can't find source path /nope: No such file or directory"
NEWER_OPTION = "bwrap: Unknown option --no-such-option"
CUT_FILTER = "bwrap: Invalid seccomp data, must be multiple of 8"  # 7 bytes of it
REFUSED_FILTER = (  # 8 bytes of zero
    "bwrap: Unable to set up system call filtering as requested: prctl(PR_SET_SECCOMP) reported"
    " EINVAL. (Hint: this requires a kernel configured with CONFIG_SECCOMP and"
    " CONFIG_SECCOMP_FILTER.)"
)
NO_PROGRAM = "bwrap: execvp /nope/python: No such file or directory"
NO_LIMITED_PROGRAM = "prlimit: failed to execute /nope/python: No such file or directory"
# Our launcher.
NO_MOUNTS = "launcher: [Errno 1] unshare: Operation not permitted"  # a stage, and not root
ORPHANED = "launcher: the grading process is gone"
NO_BUBBLEWRAP = "launcher: [Errno 2] No such file or directory: '/nope/bwrap'"

CAPTURED = [
    (CHROOTED, "no_user_namespaces"),
    (NO_MORE_NAMESPACES, "no_user_namespaces"),
    (UNREADABLE_BUBBLEWRAP, "no_user_namespaces"),
    (READ_ONLY_PROC, "no_user_namespaces"),
    (READ_ONLY_SYSCTLS, "no_proc_sys"),
    (HIDDEN_PROC, "no_proc"),
    (NO_FOLDER, "source_missing"),
    (NEWER_OPTION, "bubblewrap_too_old"),
    (CUT_FILTER, "seccomp_refused"),
    (REFUSED_FILTER, "seccomp_refused"),
    (NO_PROGRAM, "interpreter_unreachable"),
    (NO_LIMITED_PROGRAM, "interpreter_unreachable"),
    (NO_MOUNTS, "no_mount_namespace"),
    (ORPHANED, "orphaned"),
    (NO_BUBBLEWRAP, "launcher_failed"),
]
"""With the code of our failure that each is."""

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
    ("stderr", "code"), [*CAPTURED, ("something new", "unrecognised"), ("", "unrecognised")]
)
def test_a_message_before_the_start_is_ours(stderr: str, code: str) -> None:
    assert code_of(ending(stderr=stderr)) == code


@pytest.mark.parametrize("part", _MESSAGES)
def test_each_part_of_a_message_that_is_looked_for_was_said_by_something_broken(part: str) -> None:
    others = {each: code for each, code in _MESSAGES.items() if each != part}
    by_it = {said for said, code in CAPTURED if fault.code_of(others, said, "") != code}
    assert [said for said in by_it if part in said]


def test_the_same_message_after_the_start_is_the_student_s() -> None:
    assert verdict(ending(status=exited(1), stderr=CHROOTED)) is None


@pytest.mark.parametrize("code", [0, 1, 127, 137, 159])
def test_a_guest_that_was_heard_and_ended_by_itself_is_not_stopped(code: int) -> None:
    assert verdict(ending(status=exited(code), returncode=code, heard=True)) is None


def test_a_program_that_prlimit_could_not_start_is_ours() -> None:
    seen = ending(status=exited(127), returncode=127, stderr=NO_LIMITED_PROGRAM)
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
    assert verdict(ending(halted=halted, returncode=-9, stderr=NO_PROGRAM)) is halted


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
