import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.sandbox.linux.slots import FIRST_UID, Slots


def test_slots_held_at_once_differ_in_name_and_user(tmp_path: Path) -> None:
    slots = Slots(tmp_path, users=True, machine=tmp_path / "users")
    with slots.hold() as first, slots.hold() as second:
        assert (first.uid, second.uid) == (FIRST_UID, FIRST_UID + 1)
        assert first.name != second.name


def test_graders_that_share_no_slots_do_not_share_users_either(tmp_path: Path) -> None:
    one, other = (
        Slots(tmp_path / name, users=True, machine=tmp_path / "users") for name in ("one", "other")
    )
    with one.hold() as first, other.hold() as second:
        assert (first.uid, second.uid) == (FIRST_UID, FIRST_UID + 1)
    with other.hold() as again:
        assert again.uid == FIRST_UID


def test_a_released_slot_is_taken_again(tmp_path: Path) -> None:
    slots = Slots(tmp_path, users=False, count=1)
    for _ in range(2):
        with slots.hold() as slot:
            assert slot.uid is None


def test_a_slot_is_released_when_its_holder_fails(tmp_path: Path) -> None:
    slots = Slots(tmp_path, users=False, count=1)
    with pytest.raises(ZeroDivisionError), slots.hold():
        raise ZeroDivisionError
    with slots.hold():
        pass


def test_when_all_are_taken_it_says_so(tmp_path: Path) -> None:
    slots = Slots(tmp_path, users=False, count=2)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(slots.hold())
        with pytest.raises(SandboxError, match="2 sandboxes are running already"):
            stack.enter_context(slots.hold())


def test_another_process_s_slot_is_free_once_that_process_is_dead(tmp_path: Path) -> None:
    holder = (
        "import sys, pathlib; from grader.sandbox.linux.slots import Slots\n"
        "with Slots(pathlib.Path(sys.argv[1]), users=False, count=1).hold():\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    slots = Slots(tmp_path, users=False, count=1)
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(SandboxError), slots.hold():
            pass
        process.kill()
        process.wait()
        with slots.hold():
            pass


def test_two_folders_are_two_sets_of_names(tmp_path: Path) -> None:
    labels = {Slots(tmp_path / name, users=True).label for name in ("a", "b")}
    assert len(labels) == 2
