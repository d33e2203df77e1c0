"""The system call filter for engines: the same verdicts as the bubblewrap filter."""

import json
import random
from typing import Any

import pytest

from grader.errors import SandboxError
from grader.sandbox.bubblewrap.seccomp import NEW_NAMESPACES, TERMINAL_INJECTION
from grader.sandbox.container.calls import ALLOWED
from grader.sandbox.container.profile import everything_but, profile
from grader.sandbox.linux.syscalls import ARGUMENTS, DENIED, MISSING

PROFILE = json.loads(profile("x86_64"))
HIGH = 1 << 32
"""A bit that the kernel does not look at."""


def verdict(name: str, *arguments: int) -> int:
    """The errno of a call, 0 where it is allowed; as libseccomp reads the profile."""
    found = {
        rule["errnoRet"] if rule["action"] == "SCMP_ACT_ERRNO" else 0
        for rule in PROFILE["syscalls"]
        if name in rule["names"] and all(_holds(test, arguments) for test in rule.get("args", ()))
    }
    return min(found, default=PROFILE["defaultErrnoRet"])


def _holds(test: dict[str, Any], arguments: tuple[int, ...]) -> bool:
    assert test["op"] == "SCMP_CMP_MASKED_EQ"
    return arguments[test["index"]] & test["value"] == test["valueTwo"]


@pytest.mark.parametrize("name", sorted(DENIED))
def test_what_a_notebook_has_no_use_for_is_refused(name: str) -> None:
    assert verdict(name) == 1
    assert name not in ALLOWED


@pytest.mark.parametrize("name", sorted(MISSING))
def test_what_has_a_fallback_seems_not_to_exist(name: str) -> None:
    assert verdict(name) == 38


def test_for_gvisor_no_call_that_a_thread_starts_with_is_refused() -> None:
    rules = json.loads(profile("x86_64", gvisor=True))["syscalls"]
    refused = [
        name for rule in rules if rule["action"] == "SCMP_ACT_ERRNO" for name in rule["names"]
    ]
    assert {"clone3", "pselect"} <= set(rules[0]["names"])
    assert "clone3" not in refused
    assert "io_uring_setup" in refused


def test_what_is_not_listed_is_refused() -> None:
    assert verdict("a_call_that_is_newer_than_our_table") == 1


def test_no_call_that_is_judged_by_its_arguments_is_allowed_without() -> None:
    assert not set(ARGUMENTS) & set(ALLOWED)


def test_what_training_needs_is_allowed() -> None:
    for name in ("mmap", "futex", "execve", "fork", "sched_setaffinity", "memfd_create", "openat"):
        assert verdict(name) == 0


@pytest.mark.parametrize("upper", [0, HIGH])
def test_processes_are_cloned_and_namespaces_are_not(upper: int) -> None:
    assert verdict("clone", 0x11 | upper) == 0
    for bit in (1 << n for n in range(32) if NEW_NAMESPACES >> n & 1):
        assert verdict("clone", bit | 0x11 | upper) != 0


@pytest.mark.parametrize("upper", [0, HIGH])
def test_nothing_types_into_a_terminal_whatever_the_upper_half_says(upper: int) -> None:
    for code in TERMINAL_INJECTION:
        assert verdict("ioctl", 0, code | upper) != 0
    for code in (0x5401, 0x5413, 0x5421, 0x541B):
        assert verdict("ioctl", 0, code | upper) == 0


@pytest.mark.parametrize("upper", [0, HIGH])
def test_sockets_are_local_or_of_the_internet_or_ask_for_routes(upper: int) -> None:
    allowed = {1, 2, 10}
    for family in range(46):
        expected = family in allowed or family == 16
        assert (verdict("socket", family | upper, 1, 0) == 0) == expected, family
        assert (verdict("socketpair", family | upper, 1, 0) == 0) == (family == 1)
    assert verdict("socket", 16 | upper, 3, 15) != 0  # netlink, but not of routes


@pytest.mark.parametrize("upper", [0, HIGH])
def test_the_limit_on_cores_is_asked_for_and_never_set(upper: int) -> None:
    for resource in range(16):
        assert (verdict("setrlimit", resource | upper) == 0) == (resource != 4)
        for new in (0, 1, HIGH):
            expected = resource != 4 or new == 0
            assert (verdict("prlimit64", 0, resource | upper, new) == 0) == expected


def test_everything_but_some_values_is_exactly_that() -> None:
    values = (0x5412, 0x541C, 0xFFFFFFFF)
    rules = list(everything_but(values))
    draw = random.Random(0)
    tried = [*values, 0, 1, 0x5411, 0x5413, *(draw.getrandbits(32) for _ in range(500))]
    for value in tried:
        matching = [rule for rule in rules if value & rule[0] == rule[1]]
        assert len(matching) == (value not in values), hex(value)


def test_a_processor_without_a_table_is_refused() -> None:
    with pytest.raises(SandboxError, match="riscv64"):
        profile("riscv64")
