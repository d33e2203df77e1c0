from pathlib import Path

import pytest

from grader.domain.limits import Limits
from grader.sandbox.linux import cgroup_v1, cgroup_v2
from grader.sandbox.linux.cgroup import (
    NO_SWAP_LIMIT,
    Mount,
    Usage,
    counter,
    folder,
    memberships,
    mounts,
    processes,
    swaps,
)

MOUNTINFO = """\
23 1 254:0 / / rw,relatime - ext4 /dev/vda rw
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:3 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
LIMITS = Limits(memory_bytes=1000, processes=7, threads=2)


def everything(_: Path) -> bool:
    return True


def test_hierarchies_are_read_from_mountinfo() -> None:
    cpu, memory, unified = mounts(MOUNTINFO)
    assert cpu == Mount(
        Path("/sys/fs/cgroup/cpu,cpuacct"), "/", 1, frozenset({"rw", "cpu", "cpuacct"})
    )
    assert (memory.root, memory.version) == ("/docker/abc", 1)
    assert (unified.point, unified.version) == (Path("/sys/fs/cgroup/unified"), 2)


def test_memberships_name_each_controller() -> None:
    found = memberships("9:name=systemd:/s\n1:cpu,cpuacct:/a:b\n0::/user.slice\n")
    assert found == {"name=systemd": "/s", "cpu": "/a:b", "cpuacct": "/a:b", "": "/user.slice"}


@pytest.mark.parametrize(
    ("root", "own", "expected"),
    [
        ("/", "/", "/cg"),
        ("/", "/a/b", "/cg/a/b"),
        ("/docker/abc", "/docker/abc/x", "/cg/x"),
        ("/docker/abc", "/docker/abc", "/cg"),
        ("/docker/abc", "/elsewhere", "/cg"),
        ("/", "/../../outside", "/cg"),
    ],
)
def test_a_group_s_folder_is_found_below_the_mounted_part(
    root: str, own: str, expected: str
) -> None:
    assert folder(Mount(Path("/cg"), root, 1, frozenset()), own) == Path(expected)


def test_a_counter_is_read_by_its_whole_name() -> None:
    assert counter("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n", "oom_kill") == 3
    assert counter("", "oom_kill") == 0


def test_swap_is_there_where_a_device_is_named_below_the_heading() -> None:
    heading = "Filename\t\t\t\tType\t\tSize\n"
    assert not swaps(heading)
    assert swaps(f"{heading}/dev/zram0 partition 8388604\n")


def test_processes_of_a_removed_group_are_none(tmp_path: Path) -> None:
    (tmp_path / "procs").write_text("12\n7\n")
    assert processes([tmp_path / "procs", tmp_path / "gone"]) == {7, 12}


class TestVersion1:
    def test_groups_are_made_below_our_own(self, tmp_path: Path) -> None:
        (tmp_path / "memory" / "us").mkdir(parents=True)
        mounted = (Mount(tmp_path / "memory", "/", 1, frozenset({"rw", "memory"})),)
        found = cgroup_v1.find_v1(mounted, {"memory": "/us"}, everything)
        assert found is not None
        assert found.parents == {"memory": tmp_path / "memory" / "us"}

    def test_at_the_top_where_our_own_is_not_writable(self, tmp_path: Path) -> None:
        mounted = (Mount(tmp_path, "/", 1, frozenset({"pids"})),)
        found = cgroup_v1.find_v1(mounted, {"pids": "/us"}, lambda path: path == tmp_path)
        assert found is not None
        assert found.parents == {"pids": tmp_path}

    def test_nothing_is_found_where_nothing_is_writable(self, tmp_path: Path) -> None:
        mounted = (Mount(tmp_path, "/", 1, frozenset({"pids"})),)
        assert cgroup_v1.find_v1(mounted, {}, lambda _: False) is None

    def test_limits_are_written_and_counters_read(self, tmp_path: Path) -> None:
        parents = {name: tmp_path / name for name in ("memory", "pids", "cpu", "cpuacct")}
        for parent in parents.values():
            parent.mkdir()
        group = cgroup_v1.GroupsV1(parents).create("run", LIMITS)
        memory, pids = tmp_path / "memory" / "run", tmp_path / "pids" / "run"
        assert (memory / "memory.limit_in_bytes").read_text() == "1000"
        assert (memory / "memory.memsw.limit_in_bytes").read_text() == "1000"
        assert (memory / "memory.kmem.tcp.limit_in_bytes").read_text() == "125"
        assert (pids / "pids.max").read_text() == "7"
        assert (tmp_path / "cpu" / "run" / "cpu.cfs_quota_us").read_text() == "200000"
        (memory / "memory.max_usage_in_bytes").write_text("900\n")
        (memory / "memory.oom_control").write_text("oom_kill_disable 0\noom_kill 2\n")
        (pids / "pids.events").write_text("max 5\n")
        (tmp_path / "cpuacct" / "run" / "cpuacct.usage").write_text("1500000000\n")
        assert group.usage() == Usage(900, oom_kills=2, forks_denied=5, cpu_seconds=1.5)

    def test_what_a_kernel_cannot_limit_is_told(self, tmp_path: Path) -> None:
        assert cgroup_v1.gaps(tmp_path, swap=True) == (NO_SWAP_LIMIT, cgroup_v1.NO_SOCKET_LIMIT)
        assert cgroup_v1.gaps(tmp_path, swap=False) == (cgroup_v1.NO_SOCKET_LIMIT,)
        (tmp_path / "memory.memsw.limit_in_bytes").touch()
        (tmp_path / "memory.kmem.tcp.limit_in_bytes").touch()
        assert cgroup_v1.gaps(tmp_path, swap=True) == ()

    def test_controllers_of_one_hierarchy_are_entered_once(self, tmp_path: Path) -> None:
        group = cgroup_v1.GroupV1({"cpu": tmp_path, "cpuacct": tmp_path})
        assert group.join == (tmp_path / "cgroup.procs",)


def tree(root: Path, *path: str, **files: str) -> Path:
    """A folder of a hierarchy of version 2 with the given files."""
    place = root.joinpath(*path)
    place.mkdir(parents=True, exist_ok=True)
    defaults = {"procs": "", "controllers": "cpu io memory pids", "subtree_control": ""}
    for name, text in {**defaults, **files}.items():
        (place / f"cgroup.{name}").write_text(text)
    return place


class TestVersion2:
    def test_groups_are_made_beside_our_own_where_the_parent_hands_out_controllers(
        self, tmp_path: Path
    ) -> None:
        tree(tmp_path)
        parent = tree(tmp_path, "app.slice", subtree_control="memory pids cpu")
        own = tree(tmp_path, "app.slice", "shell.scope", controllers="", procs="1")
        found = cgroup_v2.find_v2((self.mount(tmp_path),), "/app.slice/shell.scope", everything)
        assert found == cgroup_v2.GroupsV2(parent, frozenset({"memory", "pids", "cpu"}))
        assert not (own / cgroup_v2.LEAF).exists()

    def test_a_parent_that_is_not_ours_is_no_place(self, tmp_path: Path) -> None:
        tree(tmp_path, subtree_control="memory pids")
        tree(tmp_path, "session", controllers="")
        found = cgroup_v2.find_v2((self.mount(tmp_path),), "/session", lambda _: False)
        assert found is None

    def test_controllers_without_memory_are_no_place(self, tmp_path: Path) -> None:
        tree(tmp_path, controllers="hugetlb", subtree_control="hugetlb")
        assert cgroup_v2.find_v2((self.mount(tmp_path),), "/", everything) is None

    def test_without_a_hierarchy_there_is_no_place(self) -> None:
        assert cgroup_v2.find_v2((), "/", everything) is None

    def test_limits_are_written_and_an_oom_kill_takes_the_whole_run(self, tmp_path: Path) -> None:
        held = frozenset({"memory", "pids", "cpu"})
        group = cgroup_v2.GroupsV2(tmp_path, held).create("run", LIMITS)
        written = {f.name: f.read_text() for f in (tmp_path / "run").iterdir()}
        assert written == {
            "memory.max": "1000",
            "memory.swap.max": "0",
            "memory.oom.group": "1",
            "pids.max": "7",
            "cpu.max": "200000 100000",
        }
        assert group.usage() == Usage()
        (tmp_path / "run" / "memory.peak").write_text("900\n")
        (tmp_path / "run" / "memory.events").write_text("oom 1\noom_kill 4\noom_group_kill 1\n")
        (tmp_path / "run" / "pids.events").write_text("max 3\n")
        (tmp_path / "run" / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 1\n")
        assert group.usage() == Usage(900, oom_kills=4, forks_denied=3, cpu_seconds=2.5)

    def test_swap_that_no_run_is_kept_from_is_told(self, tmp_path: Path) -> None:
        """At the top of the hierarchy only the groups below show what the kernel can limit."""
        below = tmp_path / "user.slice"
        below.mkdir()
        assert cgroup_v2.gaps(tmp_path, swap=True) == ()
        (below / "memory.max").touch()
        assert cgroup_v2.gaps(tmp_path, swap=True) == (NO_SWAP_LIMIT,)
        assert cgroup_v2.gaps(tmp_path, swap=False) == ()
        (below / "memory.swap.max").touch()
        assert cgroup_v2.gaps(tmp_path, swap=True) == ()

    @staticmethod
    def mount(root: Path) -> Mount:
        return Mount(root, "/", 2, frozenset({"rw"}))
