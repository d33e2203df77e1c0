"""What a guest sees of the machine: nothing but its job and a Python to run it with."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from sandbox_jobs import BACKENDS, NAMED_SLEEP, Runner, guest_users, host_groups, host_users

from grader.sandbox.container import ContainerSandbox
from grader.sandbox.interface import Sandbox
from grader.sandbox.linux.slots import COUNT, FIRST_UID

OURS = ("grader", "reference", "tasks")
NAMESPACES = ("ipc", "mnt", "net", "pid", "uts")
LOOK = f"""
    import importlib, json, os, socket, subprocess

    lines = open("/proc/self/status").read().splitlines()
    status = dict(line.split(":\\t", 1) for line in lines if ":\\t" in line)
    seen = {{
        "uid": os.getresuid(), "gid": os.getresgid(), "groups": os.getgroups(),
        "caps": [status.get(n) for n in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
        "no_new_privs": status.get("NoNewPrivs"), "seccomp": status.get("Seccomp"),
        "pids": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
        "ppid": os.getppid(), "host": os.uname().nodename,
        "session": os.getsid(0), "umask": os.umask(0o077),
        "namespaces": {{name: os.readlink(f"/proc/self/ns/{{name}}") for name in {NAMESPACES!r}
                       if os.path.lexists(f"/proc/self/ns/{{name}}")}},
        "interfaces": [name for _, name in socket.if_nameindex()],
    }}

    def reached(host):
        probe = socket.socket()
        probe.settimeout(2)
        try:
            probe.connect((host, 80))
        except OSError as error:
            return error.errno
        return "connected"

    def imported(package):
        try:
            return str(importlib.import_module(package).__path__)
        except ModuleNotFoundError:
            return "not found"

    def ended(*words):
        done = subprocess.run(words, capture_output=True, text=True, input="")
        return [done.returncode, done.stdout]

    seen["hosts"] = {{host: reached(host) for host in ("1.1.1.1", "169.254.169.254", "10.0.0.1")}}
    seen["imported"] = {{package: imported(package) for package in {OURS!r}}}
    seen["unshare"] = ended("unshare", "--user", "true")[0]
    seen["su"] = ended("su", "-c", "id")
    print(json.dumps(seen))
"""
"""All that one guest sees; nothing that it does changes what it sees after that."""


@pytest.fixture(scope="session")
def seen(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    report: dict[str, Any] = Runner(sandbox, tmp_path_factory.mktemp("look"))(LOOK).report
    return report


def test_the_guest_is_an_ordinary_user_without_capabilities_behind_a_filter(
    sandbox: Sandbox, seen: dict[str, Any]
) -> None:
    assert set(seen["uid"]) == set(seen["gid"])
    assert len(set(seen["uid"])) == 1
    assert set(seen["uid"]) <= guest_users(sandbox)
    assert {mask and int(mask, 16) for mask in seen["caps"]} == {0}
    assert (seen["no_new_privs"], seen["seccomp"]) == ("1", "2")


def test_the_guest_has_its_own_processes_session_and_host_name(seen: dict[str, Any]) -> None:
    assert seen["pids"][0] == 1
    assert len(seen["pids"]) == 2
    assert seen["host"] == "sandbox"
    assert seen["umask"] == 0o077
    assert seen["session"] != 0  # 0 would be a session outside


def test_every_namespace_is_its_own(seen: dict[str, Any]) -> None:
    outside = {name: str(Path(f"/proc/self/ns/{name}").readlink()) for name in NAMESPACES}
    assert seen["namespaces"].keys() == outside.keys()
    assert not set(seen["namespaces"].values()) & set(outside.values())


def test_run_by_root_the_guest_is_a_slot_user_on_the_host(run: Runner) -> None:
    if os.geteuid() != 0:
        pytest.skip("not run by root")
    seen: set[int] = set()
    ran = run(NAMED_SLEEP, lambda chunk: seen.update(host_users(chunk.decode())))
    assert len(seen) == 1
    assert FIRST_UID <= seen.pop() < FIRST_UID + COUNT
    assert "slot_user" in ran.end.facts.protections


# Under gVisor no process of the guest's is on the host.
@pytest.mark.parametrize("backend", sorted({*BACKENDS} - {"podman-runsc"}))
def test_run_by_root_no_group_of_root_s_goes_along(
    backend: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if os.geteuid() != 0:
        pytest.skip("not run by root")
    fresh = BACKENDS[backend](tmp_path_factory.mktemp("runtime"))
    seen: set[int] = set()
    before = os.getgroups()
    os.setgroups([*before, FIRST_UID + COUNT])
    try:
        Runner(fresh, tmp_path)(NAMED_SLEEP, lambda said: seen.update(host_groups(said.decode())))
    finally:
        os.setgroups(before)
        fresh.close()
    assert len(seen) == 1
    assert FIRST_UID <= seen.pop() < FIRST_UID + COUNT


def test_there_is_no_network_but_a_loopback_that_is_its_own(seen: dict[str, Any]) -> None:
    assert seen["interfaces"] == ["lo"]
    assert len(seen["hosts"]) == 3
    assert set(seen["hosts"].values()) == {101}  # network is unreachable


def test_nothing_of_the_host_is_there(run: Runner, tmp_path: Path) -> None:
    secret = tmp_path / "job-secret"
    secret.write_text("another student's work")
    paths = [
        *(
            "/etc/shadow",
            "/etc/hostname",
            "/etc/ssh",
            "/root",
            "/home/user",
            "/var",
            "/run",
            "/sys",
        ),
        *("/sys", "/boot", "/mnt", "/srv", "/opt", "/.dockerenv", str(secret), str(tmp_path)),
        str(Path(__file__)),
        str(Path(__file__).parents[2] / "reference"),
    ]
    script = f"import json, os; print(json.dumps([p for p in {paths!r} if os.path.lexists(p)]))"
    made_by_engines = {"/etc/hostname", "/run", "/sys", "/.dockerenv"}
    allowed = made_by_engines if isinstance(run.sandbox, ContainerSandbox) else set()
    assert set(run(script).report) <= allowed


@pytest.mark.parametrize("package", OURS)
def test_our_own_packages_cannot_be_imported(seen: dict[str, Any], package: str) -> None:
    assert seen["imported"][package] == "not found"


def test_everything_is_read_only_but_home_and_scratch(run: Runner) -> None:
    script = """
        import json, os, sys
        places = ["/", "/etc", "/usr", "/usr/bin", "/usr/local", "/job", "/job/guest", "/dev",
                  "/home", sys.prefix, "/proc", "/proc/sys/kernel",
                  os.path.expanduser("~"), "/tmp", "/dev/shm"]
        if not sys.prefix.startswith("/tmp/"):
            places.append(os.path.dirname(sys.prefix))
        written = []
        for place in places:
            try:
                with open(os.path.join(place, "made"), "w") as file:
                    file.write("x")
                written.append(place)
            except OSError:
                pass
        for file in ("/etc/passwd", "/job/guest/__main__.py", "/usr/bin/python3"):
            try:
                open(file, "a").close()
                written.append(file)
            except OSError:
                pass
        print(json.dumps(written))
    """
    assert run(script).report == ["/home/student", "/tmp", "/dev/shm"]


def test_the_environment_is_built_from_nothing(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_SECRET", "hunter2")
    script = """
        import json, os
        first = "/proc/1/environ"
        outer = open(first, "rb").read() if os.path.exists(first) else b""
        print(json.dumps({"inner": dict(os.environ), "outer": outer.decode(), "cwd": os.getcwd()}))
    """
    seen = run(script, threads=2).report
    outer = {variable.partition("=")[0] for variable in seen["outer"].split("\0")} - {""}
    own = seen["inner"] if isinstance(run.sandbox, ContainerSandbox) else {}
    assert outer <= set(own)  # in a container the first process is a shell with the guest's own
    assert "hunter2" not in str(seen)
    inner = seen["inner"]
    assert seen["cwd"] == inner["HOME"] == "/home/student"
    assert inner["PATH"].split(":")[0] == f"{sys.prefix}/bin"
    assert inner["LANG"] == "C.UTF-8"
    assert {inner[f"{name}_NUM_THREADS"] for name in ("OMP", "MKL", "OPENBLAS")} == {"2"}
    assert "MPLBACKEND" not in inner


def test_no_descriptor_is_inherited(run: Runner, tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)  # an open folder is a way out
    os.set_inheritable(descriptor, True)  # noqa: FBT003 - its signature
    script = """
        import contextlib, json, os
        found = {}
        for process in (p for p in ("1", "self") if os.path.isdir(f"/proc/{p}/fd")):
            for name in os.listdir(f"/proc/{process}/fd"):
                with contextlib.suppress(FileNotFoundError):  # the listing's own
                    found[f"{process}/{name}"] = os.readlink(f"/proc/{process}/fd/{name}")
        print(json.dumps(found))
    """
    try:
        seen = run(script).report
    finally:
        os.close(descriptor)
    own = {name: target for name, target in seen.items() if name.startswith("self/")}
    assert set(own) == {"self/0", "self/1", "self/2"}
    assert own["self/0"] == "/dev/null"
    kinds = {target.split(":")[0] for target in seen.values()}
    assert kinds <= {"/dev/null", "pipe", "anon_inode"}, seen


def test_a_user_namespace_cannot_be_made(seen: dict[str, Any]) -> None:
    assert seen["unshare"] != 0


def test_setuid_programs_give_nothing(seen: dict[str, Any]) -> None:
    code, out = seen["su"]
    assert code != 0
    assert "uid=0" not in out
