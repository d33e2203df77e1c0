from pathlib import Path

import pytest

from grader.domain.run import SandboxFacts
from grader.errors import SandboxError
from grader.sandbox.bubblewrap.examine import (
    architecture,
    control_groups,
    examine,
    interpreter_found,
    number_of_files,
    program,
    trial,
    user_namespaces,
)
from grader.sandbox.fake import FakeSandbox
from grader.sandbox.interface import RunEnd
from grader.sandbox.linux.cgroup_v1 import GroupsV1
from grader.sandbox.linux.layout import Interpreter


def fake_bwrap(folder: Path, says: str) -> Path:
    path = folder / "bwrap"
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("says", "ok"),
    [
        ("bubblewrap 0.8.0", True),
        ("bubblewrap 0.11.0", True),
        ("bubblewrap 1.0", True),
        ("bubblewrap 0.4.1", False),
        ("", False),
    ],
)
def test_bubblewrap_must_know_how_to_disable_user_namespaces(
    tmp_path: Path, says: str, *, ok: bool
) -> None:
    found = program(fake_bwrap(tmp_path, says))
    assert found.ok is ok
    assert bool(found.fix) is not ok


def test_a_missing_bubblewrap_names_its_package() -> None:
    assert program(None).fix == "apt-get install bubblewrap"
    assert not program(Path("/no/bwrap")).ok


@pytest.mark.parametrize(
    ("switch", "value", "ok"),
    [
        ("kernel/unprivileged_userns_clone", "0", False),
        ("kernel/unprivileged_userns_clone", "1", True),
        ("user/max_user_namespaces", "0", False),
        ("user/max_user_namespaces", "96365", True),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", False),
    ],
)
def test_each_switch_of_the_kernel_has_its_fix(
    tmp_path: Path, switch: str, value: str, *, ok: bool
) -> None:
    file = tmp_path / switch
    file.parent.mkdir()
    file.write_text(value + "\n")
    found = user_namespaces(tmp_path)
    assert found.ok is ok
    assert ok or found.fix.startswith("sysctl -w " + switch.replace("/", "."))


def test_a_processor_without_a_filter_is_named() -> None:
    assert architecture("x86_64").ok
    assert architecture("riscv64").found == "riscv64"
    assert not architecture("riscv64").ok


def test_control_groups_help_but_are_not_required(tmp_path: Path) -> None:
    none, some = control_groups(None), control_groups(GroupsV1({"pids": tmp_path}))
    both = control_groups(GroupsV1({"pids": tmp_path, "memory": tmp_path}))
    assert (none.ok, some.ok, both.ok) == (False, False, True)
    assert not none.required
    assert "systemd-run" in none.fix


def test_where_files_are_not_counted_that_is_said_and_is_no_failure() -> None:
    found = number_of_files(counted=False, fix="grade as root")
    assert (found.ok, found.required, found.fix) == (False, False, "grade as root")
    assert "number of files" in found.found
    assert number_of_files(counted=True, fix="grade as root").fix == ""


def test_a_missing_interpreter_says_how_to_make_it(tmp_path: Path) -> None:
    found = interpreter_found(Interpreter(tmp_path / "venv", Path("/usr")), other_user=True)
    assert not found.ok
    assert f"-m venv {tmp_path}/venv" in found.fix


def test_an_environment_closed_to_the_slot_s_user_says_how_to_open_it(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/usr/bin/python3")
    tmp_path.chmod(0o700)
    interpreter = Interpreter(tmp_path, Path("/usr"))
    assert interpreter_found(interpreter, other_user=False).ok
    assert interpreter_found(interpreter, other_user=True).fix == f"chmod -R a+rX {tmp_path}"


def test_the_trial_tells_what_the_guest_said() -> None:
    assert trial(FakeSandbox([b"ok\n"])).ok
    end = RunEnd(SandboxFacts(sandbox="fake", seconds=0), None, "no module named site")
    assert "no module named site" in trial(FakeSandbox(ending=end)).found


@pytest.mark.parametrize(
    ("code", "fix"),
    [("no_user_namespaces", "max_user_namespaces"), ("runtime_missing", "GRADER_OCI_RUNTIME")],
)
def test_a_failing_trial_has_the_fix_for_its_code(code: str, fix: str) -> None:
    found = trial(FakeSandbox(ending=SandboxError(code, "not permitted")))
    assert found.found == "not permitted"
    assert fix in found.fix


def test_nothing_is_run_where_something_required_is_missing(tmp_path: Path) -> None:
    sandbox = FakeSandbox([b"ok\n"])
    interpreter = Interpreter(tmp_path, Path("/usr"))
    found = examine(sandbox, None, None, interpreter)
    assert sandbox.jobs == []
    assert {finding.name for finding in found if not finding.ok} >= {"bubblewrap", "interpreter"}
