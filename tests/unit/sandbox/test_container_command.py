"""Arguments of a container: what is taken away, for each engine."""

import io
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from grader.domain.limits import MIB, Limits
from grader.sandbox.container.command import Box, create
from grader.sandbox.container.engine import KINDS, Engine, Kind
from grader.sandbox.container.image import skeleton
from grader.sandbox.linux.layout import Bind

BOX = Box(
    name="grader-abc-0",
    labels={"grader.runtime": "abc", "grader.boot": "1"},
    user=60800,
    image="grader-skeleton:1",
    profile=Path("/run/grader/seccomp.json"),
    parent=None,
    runtime=None,
    cpus=4,
)
LIMITS = Limits(memory_bytes=512 * MIB, processes=64, tmp_bytes=16 * MIB, threads=8)


def words(kind: Kind, box: Box = BOX, limits: Limits = LIMITS) -> list[str]:
    binds = [Bind(Path("/jobs/1"), Path("/job"))]
    return list(create(kind, box, limits, binds, {"HOME": "/home/student"}, ["python", "guest"]))


def value(found: list[str], option: str) -> str:
    return found[found.index(option) + 1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("--network", "none"),
        ("--cap-drop", "ALL"),
        ("--user", "60800:60800"),
        ("--ipc", "private"),
        ("--log-driver", "none"),
        ("--pull", "never"),
        ("--memory", str(512 * MIB)),
        ("--memory-swap", str(512 * MIB)),
        ("--pids-limit", "64"),
        ("--cpus", "4"),
        ("--label", "grader.runtime=abc"),
    ],
)
def test_each_limit_and_each_loss_is_an_option(kind: Kind, option: str, expected: str) -> None:
    assert value(words(kind), option) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_the_root_is_read_only_and_so_is_what_is_bound(kind: Kind) -> None:
    found = words(kind)
    assert "--read-only" in found
    assert value(found, "--volume") == "/jobs/1:/job:ro"
    security = [found[n + 1] for n, word in enumerate(found) if word == "--security-opt"]
    assert security == ["no-new-privileges", "seccomp=/run/grader/seccomp.json"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_can_be_written_has_a_size(kind: Kind) -> None:
    found = words(kind)
    writable = [found[n + 1] for n, word in enumerate(found) if word == "--tmpfs"]
    if kind == "podman":
        writable.append(f"/dev/shm:nosuid,nodev,size={value(found, '--shm-size')}")
    assert {w.partition(":")[0] for w in writable} == {"/tmp", "/home/student", "/dev/shm"}
    assert all(f"size={16 * MIB}" in w and "nosuid" in w and "nodev" in w for w in writable)


def test_docker_bounds_the_number_of_files_as_well() -> None:
    found = words("docker")
    writable = [found[n + 1] for n, word in enumerate(found) if word == "--tmpfs"]
    assert len(writable) == 3
    assert all(f",nr_inodes={16 * MIB // 4096}," in each for each in writable)
    assert [each for each in writable if each.endswith("mode=0700,uid=60800,gid=60800")] == [
        each for each in writable if each.startswith("/home/student:")
    ]


def test_podman_is_given_what_we_mounted_where_its_own_tmpfs_would_count_no_files() -> None:
    found = words("podman", replace(BOX, mounts=Path("/run/grader/mounts/grader-abc-0")))
    volumes = [found[n + 1] for n, word in enumerate(found) if word == "--volume"]
    assert volumes[:3] == [
        "/run/grader/mounts/grader-abc-0/scratch-shm:/dev/shm:rw,nosuid,nodev,noexec,U",
        "/run/grader/mounts/grader-abc-0/scratch-tmp:/tmp:rw,nosuid,nodev,exec,U",
        "/run/grader/mounts/grader-abc-0/scratch-home:/home/student:rw,nosuid,nodev,exec,U",
    ]
    assert not {"--tmpfs", "--shm-size"} & set(found)
    assert "--read-only-tmpfs=false" in found


def test_podman_gets_no_further_writable_folders() -> None:
    assert "--read-only-tmpfs=false" in words("podman")
    assert "--read-only-tmpfs=false" not in words("docker")


def test_a_runtime_and_a_parent_group_are_named_where_there_are_any() -> None:
    box = Box(**{**BOX.__dict__, "runtime": "runsc", "parent": "/grader-abc-0"})
    assert value(words("docker", box), "--runtime") == "runsc"
    assert value(words("docker", box), "--cgroup-parent") == "/grader-abc-0"
    assert not {"--runtime", "--cgroup-parent"} & set(words("docker"))
    assert value(words("podman", box), "--cgroups") == "no-conmon"
    assert "--cgroups" not in words("docker", box)


def test_podman_takes_its_runtime_before_the_call_and_gvisor_no_network_and_the_filter() -> None:
    found = Engine("podman", Path("/usr/bin/podman"), "runsc").command("ps")
    flags = ["--runtime-flag", "network=none", "--runtime-flag", "oci-seccomp"]
    assert found[1:] == ["--runtime", "runsc", *flags, "ps"]
    assert Engine("podman", Path("/usr/bin/podman")).command("ps")[1:] == ["ps"]


def test_the_client_gets_no_variable_of_ours_but_the_way_to_its_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GRADER_COURSE_SECRET", "hunter2")
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/docker.sock")
    found = Engine("docker", Path("/usr/bin/docker")).environment
    assert found["DOCKER_HOST"] == "unix:///run/docker.sock"
    assert "hunter2" not in found.values()


def test_the_skeleton_is_the_same_each_time_and_holds_no_file_but_the_users() -> None:
    content = skeleton()
    assert content == skeleton()
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        files = [member.name for member in archive if member.isfile()]
        assert sorted(files) == ["etc/group", "etc/passwd"]
        passwd = archive.extractfile("etc/passwd")
        assert passwd is not None
        assert b"student0:x:60800:" in passwd.read()
        assert archive.getmember("tmp").mode == 0o1777
