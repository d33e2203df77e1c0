from pathlib import Path

from grader.domain.limits import Limits
from grader.sandbox.bubblewrap.command import (
    FIRST,
    WRITABLE,
    Files,
    View,
    command,
    environment,
    guest,
)
from grader.sandbox.bubblewrap.launch import STAGE, Plan, rlimits, scratch, staged
from grader.sandbox.linux.layout import Bind

FILES = Files(seccomp=5, passwd=6, group=7, status=8)
VENV, JOB = Path("/srv/course/.venv"), Path("/run/job-1")
VIEW = View(
    environment=(Bind(VENV, VENV),),
    emptied=(),
    masked=(VENV / "lib/python3.11/site-packages/grader",),
    mask=Path("/run/mask"),
    job=(Bind(JOB, Path("/job")),),
)


def built(view: View = VIEW, stage: Path | None = None) -> list[str]:
    limits = Limits(tmp_bytes=1000, threads=1)
    return list(
        command(
            Path("/usr/bin/bwrap"),
            view=view,
            variables={"HOME": "/home/student"},
            limits=limits,
            files=FILES,
            program=("python", "guest"),
            stage=stage,
        )
    )


def position(words: list[str], *run: str) -> int:
    return next(n for n in range(len(words)) if tuple(words[n : n + len(run)]) == run)


def test_every_flag_that_the_wall_needs_is_given() -> None:
    words = built()
    for flag in (
        *("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--die-with-parent", "--new-session", "--clearenv", "--disable-userns"),
    ):
        assert flag in words
    position(words, "--cap-drop", "ALL")
    position(words, "--seccomp", "5")
    assert words[-3:] == ["--", "python", "guest"]


def test_nothing_is_bound_writable() -> None:
    words = built()
    assert not {"--bind", "--dev-bind", "--bind-try", "--overlay"} & set(words)
    writable = [words[n + 1] for n, word in enumerate(words) if word == "--tmpfs"]
    assert writable == [FIRST, "/dev/shm", "/tmp", "/home/student"]
    assert [words[n - 4 : n] for n, word in enumerate(words) if word == "--tmpfs"][1:] == [
        ["--size", "1000", "--perms", mode] for mode in ("1777", "1777", "0700")
    ]


def test_what_the_launcher_mounted_is_bound_where_it_is_written() -> None:
    words = built(stage=Path("/stage"))
    for place in WRITABLE:
        position(words, "--bind", f"/stage/{place.name}", place.target)
    assert words.count("--bind") == 3
    assert words.count("--tmpfs") == 1  # what hides the first process


def test_scratch_of_a_slot_counts_its_files() -> None:
    found = scratch(60_801, 16 * 1024**2)
    assert found["scratch-home"] == ("mode=0700,size=16777216,nr_inodes=4096,uid=60801,gid=60801")
    assert set(found) == {place.name for place in WRITABLE}
    plan = Plan((), {}, 60_801, {}, ("bwrap",), found)
    assert "--scratch scratch-tmp mode=1777," in " ".join(plan.arguments(7))


def test_nobody_sees_into_the_first_process() -> None:
    """It is bubblewrap itself, and holds the pipe that only the guest writes to."""
    words = built()
    hidden = position(words, "--tmpfs", FIRST)
    assert position(words, "--proc", "/proc") < hidden < position(words, "--remount-ro", FIRST)


def test_the_root_is_closed_after_everything_is_in_its_place() -> None:
    words = built()
    closed = position(words, "--remount-ro", "/")
    assert not {"--ro-bind", "--tmpfs", "--dir", "--symlink"} & set(words[closed:])


def test_scratch_comes_before_an_environment_that_lies_in_it() -> None:
    inside = Path("/tmp/clone/.venv")
    words = built(View((Bind(inside, inside),), (), (), Path("/run/mask"), VIEW.job))
    assert position(words, "--tmpfs", "/tmp") < position(words, "--ro-bind", str(inside))


def test_masks_lie_over_the_environment() -> None:
    words = built()
    mask = position(words, "--ro-bind", "/run/mask", str(VIEW.masked[0]))
    assert position(words, "--ro-bind", str(VENV)) < mask


def test_a_source_tree_is_emptied_before_the_environment_within_it_is_bound() -> None:
    tree = Path("/usr/src/app")
    venv = tree / ".venv"
    words = built(View((Bind(venv, venv),), (tree,), (), Path("/run/mask"), VIEW.job))
    empty, bound = position(words, "--tmpfs", str(tree)), position(words, "--ro-bind", str(venv))
    assert position(words, "--ro-bind", "/usr", "/usr") < empty < bound
    assert bound < position(words, "--remount-ro", str(tree))


def test_a_staged_view_names_no_path_of_the_host() -> None:
    moved, names = staged(VIEW)
    assert set(names) == {VENV, JOB, Path("/run/mask")}
    assert moved.job == (Bind(STAGE / names[JOB], Path("/job")),)
    assert moved.environment[0].target == VENV
    assert str(JOB) not in built(moved)


def test_the_environment_keeps_inline_images_and_the_thread_count() -> None:
    found = environment(VENV, 3)
    assert found["GOMP_SPINCOUNT"] == "2000"
    assert int(found["MALLOC_TRIM_THRESHOLD_"]) > int(found["MALLOC_MMAP_THRESHOLD_"]) > 2**24
    assert found["OMP_NUM_THREADS"] == found["MKL_NUM_THREADS"] == "3"
    assert found["PATH"].startswith("/srv/course/.venv/bin:")
    assert "MPLBACKEND" not in found


def test_processes_are_limited_inside_where_no_group_counts_them() -> None:
    python, prlimit = Path("/venv/bin/python"), Path("/usr/bin/prlimit")
    start = ("/venv/bin/python", "-I", "-B", "/job/guest")
    assert guest(python, None, prlimit) == start
    assert guest(python, 9, prlimit) == ("/usr/bin/prlimit", "--nproc=9:9", *start)
    assert guest(python, 9, None) == start


def test_addresses_are_never_limited_and_data_only_without_a_memory_group() -> None:
    import resource

    limits = Limits(memory_bytes=5000)
    held, bare = rlimits(limits, memory_held=True), rlimits(limits, memory_held=False)
    assert resource.RLIMIT_AS not in bare
    assert resource.RLIMIT_DATA not in held
    assert bare[resource.RLIMIT_DATA] == 5000


def test_a_plan_for_an_ordinary_user_stages_nothing() -> None:
    plan = Plan(join=(), rlimits={4: 0}, user=None, stage={}, command=("bwrap", "--", "x"))
    assert plan.arguments(7) == ["--parent", "7", "--rlimit", "4", "0", "--", "bwrap", "--", "x"]
