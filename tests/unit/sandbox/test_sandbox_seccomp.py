import errno
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import SandboxError
from grader.sandbox.bubblewrap import seccomp
from grader.sandbox.bubblewrap.seccomp import ALLOW, AUDIT_ARCH, ERRNO, KILL, Op
from grader.sandbox.linux.syscalls import ARGUMENTS, DENIED, LAST_REVIEWED, MISSING

MACHINES = sorted(AUDIT_ARCH)
EPERM, ENOSYS = ERRNO | errno.EPERM, ERRNO | errno.ENOSYS
COMMON = {
    "x86_64": {"read": 0, "mmap": 9, "execve": 59, "fork": 57, "futex": 202, "prctl": 157},
    "aarch64": {"read": 63, "mmap": 222, "execve": 221, "futex": 98, "prctl": 167},
}


def verdict(ops: tuple[Op, ...], architecture: int, number: int, *arguments: int) -> int:
    """Interprets the program as the kernel does, on a struct seccomp_data."""
    values = [argument & 2**64 - 1 for argument in arguments] + [0] * (6 - len(arguments))
    data = struct.pack("<IIQ6Q", number & 2**32 - 1, architecture, 0, *values)
    at = loaded = 0
    while True:
        op = ops[at]
        at += 1
        if op.code == seccomp.RETURN:
            return op.k
        if op.code == seccomp.LOAD:
            loaded = struct.unpack_from("<I", data, op.k)[0]
        else:
            held = {
                seccomp.EQUAL: loaded == op.k,
                seccomp.ABOVE: loaded > op.k,
                seccomp.ANY_BIT: bool(loaded & op.k),
            }[op.code]
            at += op.yes if held else op.no


def ask(machine: str, number: int, *arguments: int) -> int:
    return verdict(seccomp.program(machine), AUDIT_ARCH[machine], number, *arguments)


def named(machine: str, name: str) -> int:
    number = getattr(ARGUMENTS[name], machine)
    assert isinstance(number, int)
    return number


@pytest.mark.parametrize("machine", MACHINES)
def test_every_denied_call_gives_eperm_and_every_missing_one_enosys(machine: str) -> None:
    for table, expected in ((DENIED, EPERM), (MISSING, ENOSYS)):
        for name, numbers in table.items():
            number = getattr(numbers, machine)
            if number is not None:
                assert ask(machine, number) == expected, name


@pytest.mark.parametrize("machine", MACHINES)
def test_what_python_needs_is_allowed(machine: str) -> None:
    assert {ask(machine, number) for number in COMMON[machine].values()} == {ALLOW}


@pytest.mark.parametrize("machine", MACHINES)
def test_no_number_is_named_twice(machine: str) -> None:
    numbers = [getattr(each, machine) for each in (ARGUMENTS | MISSING | DENIED).values()]
    known = [number for number in numbers if number is not None]
    assert len(known) == len(set(known))
    assert max(known) <= LAST_REVIEWED


@given(st.integers(0, 2**32 - 1), st.sampled_from(MACHINES))
def test_a_foreign_architecture_is_killed_whatever_it_calls(number: int, machine: str) -> None:
    ops = seccomp.program(machine)
    for foreign in (0x40000003, 0x40000028, *(set(AUDIT_ARCH.values()) - {AUDIT_ARCH[machine]})):
        assert verdict(ops, foreign, number) == KILL


@given(st.integers(LAST_REVIEWED + 1, 2**32 - 1), st.sampled_from(MACHINES))
def test_calls_newer_than_the_table_and_those_of_x32_seem_not_to_exist(
    number: int, machine: str
) -> None:
    assert ask(machine, number) == ENOSYS


@given(st.integers(0, 2**64 - 1), st.sampled_from(MACHINES))
def test_a_clone_is_refused_exactly_when_it_asks_for_a_namespace(flags: int, machine: str) -> None:
    new = (0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
    expected = EPERM if any(flags & flag for flag in new) else ALLOW
    assert ask(machine, named(machine, "clone"), flags) == expected


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_terminal_injection_is_refused_whatever_stands_in_the_upper_half(
    request: int, upper: int
) -> None:
    number = named("x86_64", "ioctl")
    for code in (0x5412, 0x541C):
        assert ask("x86_64", number, 0, upper << 32 | code) == EPERM
    if request not in {0x5412, 0x541C}:
        assert ask("x86_64", number, 0, request) == ALLOW


@given(st.integers(0, 50), st.integers(0, 30), st.sampled_from(MACHINES))
def test_only_four_families_get_a_socket(family: int, protocol: int, machine: str) -> None:
    allowed = family in {1, 2, 10} or (family, protocol) == (16, 0)
    expected = ALLOW if allowed else EPERM
    assert ask(machine, named(machine, "socket"), family, 3, protocol) == expected
    pair = ALLOW if family == 1 else EPERM
    assert ask(machine, named(machine, "socketpair"), family) == pair


@given(st.integers(0, 15), st.integers(0, 2**64 - 1), st.sampled_from(MACHINES))
def test_the_limit_on_cores_is_asked_for_and_never_set(
    resource: int, new: int, machine: str
) -> None:
    fixed = resource == 4
    assert ask(machine, named(machine, "setrlimit"), resource) == (EPERM if fixed else ALLOW)
    for given_ in (new, new << 32, 1 << 32, 0):
        expected = EPERM if fixed and given_ & 2**64 - 1 else ALLOW
        assert ask(machine, named(machine, "prlimit64"), 0, resource, given_) == expected


@pytest.mark.parametrize("machine", MACHINES)
def test_the_program_fits_the_kernel_s_form(machine: str) -> None:
    ops = seccomp.program(machine)
    assert len(ops) < 4096
    for at, op in enumerate(ops):
        assert max(op.yes, op.no) < 256
        assert at + 1 + max(op.yes, op.no) < len(ops) or op.code == seccomp.RETURN
    encoded = seccomp.encoded(ops)
    assert len(encoded) == 8 * len(ops)
    assert struct.unpack_from("=HBBI", encoded, 8) == (0x15, 1, 0, AUDIT_ARCH[machine])


def test_an_unknown_machine_has_no_filter() -> None:
    with pytest.raises(SandboxError, match="no system call filter for riscv64") as raised:
        seccomp.program("riscv64")
    assert raised.value.code == "seccomp_arch"
