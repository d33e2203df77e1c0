"""Calls by number, past every library: what the filter refuses, and what must stay allowed."""

import platform

import pytest
from sandbox_jobs import Runner

from grader.sandbox.container import ContainerSandbox
from grader.sandbox.linux.syscalls import DENIED, MISSING

EPERM, ENOSYS = 1, 38
CALL = """
    import ctypes, json, os
    libc = ctypes.CDLL(None, use_errno=True)
    def call(number, *arguments):
        ctypes.set_errno(0)
        result = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
        return ctypes.get_errno() if result == -1 else 0
"""


def errors(run: Runner, calls: list[list[int]]) -> list[int]:
    """The errno of each call, 0 where it succeeded."""
    script = CALL + f"    print(json.dumps([call(*each) for each in {calls!r}]))"
    found = run(script).report
    assert isinstance(found, list)
    return found


def numbers(table: dict[str, object]) -> dict[str, int]:
    machine = platform.machine()
    known = {name: getattr(each, machine) for name, each in table.items()}
    return {name: number for name, number in known.items() if number is not None}


def test_every_denied_call_is_refused(run: Runner) -> None:
    denied = numbers(dict(DENIED))
    found = errors(run, [[number] + [0] * 6 for number in denied.values()])
    refused = {EPERM, ENOSYS} if isinstance(run.sandbox, ContainerSandbox) else {EPERM}
    others = {
        name: error for name, error in zip(denied, found, strict=True) if error not in refused
    }
    assert others == {}  # an engine's libseccomp may not know a call: then it seems not to exist


def test_io_uring_clone3_and_unknown_calls_seem_not_to_exist(run: Runner) -> None:
    calls = [[number] + [0] * 6 for number in (*numbers(dict(MISSING)).values(), 470, 100_000)]
    assert set(errors(run, calls)) == {ENOSYS}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of x86_64")
class TestByArgument:
    def test_a_clone_into_any_new_namespace_is_refused(self, run: Runner) -> None:
        flags = [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]
        assert set(errors(run, [[56, flag | 17, 0, 0, 0, 0] for flag in flags])) == {EPERM}

    def test_typing_into_a_terminal_is_refused(self, run: Runner) -> None:
        script = (
            CALL
            + """
    import pty
    _, terminal = pty.openpty()
    key = ctypes.create_string_buffer(b"x")
    address = ctypes.addressof(key)
    high = 1 << 32  # the kernel reads only the lower half of the request
    codes = [call(16, terminal, code, address) for code in (0x5412, 0x541C, high | 0x5412)]
    print(json.dumps([*codes, call(16, terminal, 0x5413, ctypes.addressof(ctypes.c_uint64()))]))
        """
        )
        assert run(script).report == [EPERM, EPERM, EPERM, 0]

    @pytest.mark.parametrize(
        ("family", "protocol", "allowed"),
        [
            (1, 0, True),  # UNIX
            (2, 0, True),  # INET
            (10, 0, True),  # INET6
            (16, 0, True),  # NETLINK_ROUTE: libzmq aborts without it
            (16, 9, False),  # NETLINK_AUDIT
            (16, 12, False),  # NETLINK_NETFILTER
            (17, 0, False),  # PACKET
            (38, 0, False),  # ALG
            (40, 0, False),  # VSOCK: in no namespace
        ],
    )
    def test_only_families_that_a_namespace_holds_get_a_socket(
        self, run: Runner, family: int, protocol: int, *, allowed: bool
    ) -> None:
        kind = 3 if family == 16 else 1
        found = errors(run, [[41, family, kind, protocol]])
        assert found == ([0] if allowed else [EPERM])

    def test_a_call_of_a_foreign_architecture_kills(self, run: Runner) -> None:
        """``int 0x80`` numbers are i386's: 101 there is ioperm, 26 is ptrace."""
        script = """
            import ctypes, mmap, os
            code = bytes.fromhex("b8 14 00 00 00 cd 80 c3")  # mov eax, 20 (getpid); int 0x80; ret
            page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            page.write(code)
            address = ctypes.addressof(ctypes.c_char.from_buffer(page))
            child = os.fork()
            if child == 0:
                ctypes.CFUNCTYPE(ctypes.c_long)(address)()
                os._exit(0)
            import json
            print(json.dumps(os.waitpid(child, 0)[1]))
        """
        assert run(script).report & 0x7F == 31  # SIGSYS

    def test_x32_calls_seem_not_to_exist_or_kill(self, run: Runner) -> None:
        if isinstance(run.sandbox, ContainerSandbox):  # libseccomp takes x32 for a foreign machine
            calls = (
                CALL
                + "    os.write(1, b'before')\n    call(0x40000000 | 39)\n    os.write(1, b'x')"
            )
            assert run(calls).out == b"before"
            return
        assert errors(run, [[0x40000000 | 101, 0, 0, 0, 0], [0x40000000 | 39]]) == [ENOSYS] * 2


def test_the_filter_outlives_exec_and_fork(run: Runner) -> None:
    script = (
        CALL
        + """
    import subprocess, sys
    inner = "import ctypes; l = ctypes.CDLL(None); raise SystemExit(l.unshare(0x10000000) == -1)"
    print(json.dumps(subprocess.run([sys.executable, "-c", inner]).returncode))
    """
    )
    assert run(script).report == 1


def test_files_of_the_host_are_not_reached_by_handle_or_through_proc(run: Runner) -> None:
    script = """
        import json, os
        found = []
        for path in ("/proc/1/root/etc/shadow", "/proc/1/cwd/..", "/proc/sys/kernel/core_pattern",
                     "/proc/kcore", "/proc/sysrq-trigger", "/dev/mem", "/dev/vda", "/dev/kmsg"):
            try:
                mode = os.O_RDONLY if "proc/1" in path or path == "/proc/kcore" else os.O_WRONLY
                descriptor = os.open(path, mode)
                names = os.listdir(descriptor) if path.endswith("..") else None
                found.append([path, names])
            except OSError:
                pass
        print(json.dumps(found))
    """
    inside = ["/proc/1/cwd/..", ["student"]]  # the sandbox's own /home
    assert run(script).report in ([], [inside])
