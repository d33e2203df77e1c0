"""Folders for a while are gone after it, also where their maker was killed."""

import os
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from grader.scratch import PREFIX, scratch, sweep

MAKER = """
import sys
from grader.scratch import scratch
with scratch("job") as folder:
    (folder / "inside").mkdir()
    (folder / "inside" / "file").write_text("x")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def test_a_folder_is_private_and_gone_after_its_block() -> None:
    with scratch("job") as folder:
        (folder / "file").write_text("x")
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.name.startswith(f"{PREFIX}job-")
    assert not folder.exists()


def test_a_folder_is_gone_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), scratch("job"):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_is_not_swept_by_this_process_or_another() -> None:
    code = "from grader.scratch import sweep; print(sweep())"
    with scratch("job") as folder, scratch("job") as other:
        assert sweep() == 0
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        assert done.stdout.strip() == b"0"
        assert folder.exists()
        assert other.exists()


def test_the_folder_of_a_killed_maker_goes_with_the_next_one(tmp_path: Path) -> None:
    maker = subprocess.Popen(
        [sys.executable, "-c", MAKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert maker.stdout is not None
    left = Path(maker.stdout.readline().strip())
    assert sweep() == 0
    maker.send_signal(signal.SIGKILL)
    maker.communicate(timeout=30)
    assert (left / "inside" / "file").exists()
    with scratch("job") as mine:
        assert list(tmp_path.iterdir()) == [mine]


def test_what_is_no_folder_of_ours_stays(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (tmp_path / f"{PREFIX}link").symlink_to(target)
    (tmp_path / f"{PREFIX}file").write_text("x")
    assert sweep() == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{PREFIX}file",
        f"{PREFIX}link",
        "target",
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes folders of other users")
def test_a_folder_of_somebody_else_stays(tmp_path: Path) -> None:
    theirs = tmp_path / f"{PREFIX}theirs"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    assert sweep() == 0
    assert theirs.exists()


def test_makers_that_sweep_at_once_never_lose_a_folder(tmp_path: Path) -> None:
    def use(number: int) -> bool:
        with scratch(f"job-{number}") as folder:
            (folder / "file").write_text("x")
            return (folder / "file").exists()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(400)))
    assert list(tmp_path.iterdir()) == []
