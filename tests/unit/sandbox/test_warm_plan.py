"""What a fork does, step by step, as data."""

import json
from pathlib import Path

from grader.domain.limits import Limits
from grader.sandbox.bubblewrap.command import View
from grader.sandbox.linux.layout import Bind
from grader.sandbox.warm.plan import Hold, plan, steps, with_filter

VENV = Path("/work/.venv")
VIEW = View(
    environment=(Bind(VENV, VENV),),
    emptied=(),
    masked=(VENV / "lib/grader", VENV / "lib/reference"),
    mask=Path("/runtime/mask"),
    job=(Bind(Path("/tmp/job-7"), Path("/job")), Bind(Path("/sets"), Path("/data"))),
)
HOLD = Hold(join=(Path("/cg/procs"),), rlimits={4: 0}, user=60800, processes=None, private_bytes=9)


def test_a_plan_is_json_and_names_all_that_a_fork_needs() -> None:
    limits = Limits(threads=3, tmp_bytes=8192)
    made = with_filter(plan(VIEW, (), HOLD, limits, {"HOME": "/home/student"}), b"\x01\x02")
    read = json.loads(json.dumps(made))
    steps_read = read.pop("view")
    assert read == {
        "join": ["/cg/procs"],
        "rlimits": [[4, 0]],
        "user": 60800,
        "inside": 1000,
        "processes": None,
        "private_bytes": 9,
        "variables": {"HOME": "/home/student"},
        "threads": 3,
        "program": "/job/guest",
        "home": "/home/student",
        "host": "sandbox",
        "seccomp": "AQI=",
    }
    assert steps_read == [list(step) for step in steps(VIEW, (), 8192)]


def test_what_may_be_written_is_bounded_in_bytes_and_files() -> None:
    writable = [step[1:] for step in steps(VIEW, (), 8 << 20) if step[0] == "tmpfs"]
    assert writable[2:] == [
        ("/dev/shm", "mode=1777,size=8388608,nr_inodes=2048"),
        ("/tmp", "mode=1777,size=8388608,nr_inodes=2048"),
        ("/home/student", "mode=0700,size=8388608,nr_inodes=2048"),
    ]


def test_nobody_sees_into_the_first_process() -> None:
    made = list(steps(VIEW, (), 4096))
    hidden = made.index(("closed", "/proc/1"))
    assert made[hidden - 2] == ("proc",)
    assert made[hidden - 1][:2] == ("tmpfs", "/proc/1")


def test_masks_lie_over_the_environment_and_the_job_comes_last() -> None:
    made = list(steps(VIEW, (Path("/etc/fonts"),), 4096))
    assert made[1] == ("bind", "/etc/fonts", "/etc/fonts")
    assert made[-5:] == [
        ("bind", "/work/.venv", "/work/.venv"),
        ("bind", "/runtime/mask", "/work/.venv/lib/grader"),
        ("bind", "/runtime/mask", "/work/.venv/lib/reference"),
        ("bind", "/tmp/job-7", "/job"),
        ("bind", "/sets", "/data"),
    ]


def test_an_environment_inside_a_source_tree_is_bound_after_the_tree_is_emptied() -> None:
    tree, venv = Path("/usr/src/app"), Path("/usr/src/app/.venv")
    view = View((Bind(venv, venv),), (tree,), (), Path("/mask"), ())
    made = [step[:2] for step in steps(view, (), 4096) if "app" in str(step[1:2])]
    assert made == [
        ("tmpfs", "/usr/src/app"),
        ("bind", "/usr/src/app/.venv"),
        ("closed", "/usr/src/app"),
    ]


def test_a_target_is_given_to_one_step_only() -> None:
    """A fork holds what it has opened by where it will be seen."""
    binds = [step[2] for step in steps(VIEW, (), 4096) if step[0] in {"bind", "device"}]
    assert len(binds) == len(set(binds))
