import os
from pathlib import Path

import pytest

from grader import wiring
from grader.domain.limits import Limits
from grader.errors import DataError, SandboxError
from grader.settings import Settings


def test_workers_share_the_cpus_and_one_run_alone_gets_all() -> None:
    cpus = len(os.sched_getaffinity(0))
    assert wiring.limits(Limits()).threads == cpus
    assert wiring.limits(Limits(), workers=cpus).threads == 1
    assert wiring.limits(Limits(), workers=100).threads == 1
    assert wiring.limits(Limits(threads=3), workers=2).threads == 3


def test_the_secret_is_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path / "state")
    first = wiring.course_secret(settings)
    assert len(first) == 64
    assert wiring.course_secret(settings) == first
    assert (tmp_path / "state" / "course-secret").stat().st_mode & 0o077 == 0


def test_the_environment_gives_the_secret_that_machines_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_COURSE_SECRET", "of the course")
    assert wiring.course_secret(Settings(state_dir=tmp_path)) == b"of the course"
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_sandbox_is_named_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="auto, bubblewrap"):
        wiring.sandbox(Settings(runtime_dir=tmp_path), "none")


def test_missing_data_says_which_files_and_what_to_do(tmp_path: Path) -> None:
    store = wiring.data_store(Settings(data_dir=tmp_path))
    with pytest.raises(DataError, match=r"t10k-images.* is missing.*grader data fetch mnist"):
        wiring.require(store, "mnist")
