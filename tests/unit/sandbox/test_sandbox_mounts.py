"""What we mount for a run: bounded, removed whole, and what a crash left as well."""

import os
import subprocess
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.sandbox.linux.layout import bounds
from grader.sandbox.linux.mounts import Mounts, may_mount

MANY = {"here": f"mode=0700,{bounds(1 << 20)}", "there": f"mode=1777,{bounds(1 << 20)}"}


def mounted_below(folder: Path) -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line.split()[4] for line in lines if str(folder) in line]


@pytest.fixture
def mounts(tmp_path: Path) -> Mounts:
    if not may_mount():
        pytest.skip("only root can mount")
    return Mounts(tmp_path / "mounts")


def test_each_place_has_its_bytes_and_its_files_counted(mounts: Mounts) -> None:
    made = mounts.make("grader-x-0", MANY)
    try:
        assert {each.name for each in made.iterdir()} == set(MANY)
        found = os.statvfs(made / "here")
        assert (found.f_files, found.f_blocks * found.f_frsize) == (256, 1 << 20)
        assert found.f_flag & (os.ST_NOSUID | os.ST_NODEV) == os.ST_NOSUID | os.ST_NODEV
        assert (made / "there").stat().st_mode & 0o7777 == 0o1777
    finally:
        mounts.remove("grader-x-0")


def test_what_was_made_is_removed_also_while_somebody_looks_into_it(
    mounts: Mounts, tmp_path: Path
) -> None:
    made = mounts.make("grader-x-0", MANY)
    assert mounts.names() == ("grader-x-0",)
    (made / "here" / "file").touch()
    with (made / "there" / "open").open("w"):
        mounts.remove("grader-x-0")
    assert mounts.names() == ()
    assert mounted_below(tmp_path) == []


def test_what_is_not_there_is_removed_already(mounts: Mounts) -> None:
    mounts.remove("grader-x-0")


def test_where_one_place_is_refused_nothing_is_left(mounts: Mounts, tmp_path: Path) -> None:
    with pytest.raises(SandboxError) as raised:
        mounts.make("grader-x-0", {**MANY, "wrong": "size=much"})
    assert raised.value.code == "no_scratch"
    assert mounts.names() == ()
    assert mounted_below(tmp_path) == []


def test_what_a_crash_left_half_made_or_mounted_twice_is_removed(
    mounts: Mounts, tmp_path: Path
) -> None:
    made = mounts.make("grader-x-0", MANY)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(made / "here")], check=True)
    (made / "never-mounted").mkdir()
    mounts.remove("grader-x-0")
    assert mounts.names() == ()
    assert mounted_below(tmp_path) == []


def test_a_file_where_nobody_puts_one_is_told_not_removed(mounts: Mounts, tmp_path: Path) -> None:
    folder = tmp_path / "mounts" / "grader-x-0" / "here"
    folder.mkdir(parents=True)
    (folder / "somebody's").touch()
    with pytest.raises(SandboxError) as raised:
        mounts.remove("grader-x-0")
    assert raised.value.code == "mount_left"
    assert (folder / "somebody's").exists()


@pytest.mark.parametrize(("mask", "may"), [("000001ffffffffff", True), ("00000000a80425fb", False)])
def test_who_may_mount_is_read_from_its_capabilities(
    tmp_path: Path, mask: str, *, may: bool
) -> None:
    status = tmp_path / "status"
    status.write_text(f"Name:\tx\nCapPrm:\t000001ffffffffff\nCapEff:\t{mask}\n")
    assert may_mount(status) is may
