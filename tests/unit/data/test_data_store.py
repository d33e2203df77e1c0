import os
import stat
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from grader.data import Dataset, DataStore
from grader.data.fake import FakeSource
from grader.data.place import put
from grader.errors import DataError

Files = Mapping[str, bytes]


@pytest.fixture
def tight_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


def store(root: Path, tiny: Dataset, *sources: FakeSource) -> DataStore:
    return DataStore(root, [tiny], sources)


def statuses(of: DataStore) -> list[str]:
    return [finding.status for finding in of.verify("tiny")]


def test_a_fetched_set_is_verified_and_read(
    tmp_path: Path, tiny: Dataset, tiny_files: Files
) -> None:
    data = store(tmp_path / "cache", tiny, FakeSource(tiny_files))
    assert statuses(data) == ["missing", "missing"]
    assert [f.status for f in data.fetch("tiny")] == ["ok", "ok"]
    loaded = data.load("tiny/test")
    assert loaded.images.shape == (7, 4, 3)
    assert loaded.images.dtype == np.uint8
    assert loaded.labels.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert loaded.labels.dtype == np.int64
    assert len(loaded.digest) == 32


def test_files_lie_where_torchvision_looks_for_them(
    tmp_path: Path, tiny: Dataset, tiny_files: Files
) -> None:
    store(tmp_path, tiny, FakeSource(tiny_files)).fetch("tiny")
    assert (tmp_path / "Tiny" / "raw" / "images").read_bytes() == tiny_files["images"]


@pytest.mark.usefixtures("tight_umask")
def test_another_user_can_read_the_files_whatever_the_umask(
    tmp_path: Path, tiny: Dataset, tiny_files: Files
) -> None:
    root = tmp_path / "cache"
    store(root, tiny, FakeSource(tiny_files)).fetch("tiny")
    raw = root / "Tiny" / "raw"
    for folder in (root, root / "Tiny", raw):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    for file in raw.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.usefixtures("tight_umask")
def test_a_file_is_readable_for_all_before_it_gets_its_name(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.write_bytes(b"right")
    put(scratch, tmp_path / "final")
    assert stat.S_IMODE((tmp_path / "final").stat().st_mode) == 0o644


def test_right_files_that_others_cannot_read_are_opened_to_them(
    tmp_path: Path, tiny: Dataset, tiny_files: Files
) -> None:
    source = FakeSource(tiny_files)
    data = store(tmp_path, tiny, source)
    data.fetch("tiny")
    hidden = tmp_path / "Tiny" / "raw" / "images"
    hidden.chmod(0o600)
    data.fetch("tiny")
    assert stat.S_IMODE(hidden.stat().st_mode) == 0o644
    assert len(source.asked) == 1


def test_what_is_there_is_not_fetched_again(
    tmp_path: Path, tiny: Dataset, tiny_files: Files
) -> None:
    source = FakeSource(tiny_files)
    data = store(tmp_path, tiny, source)
    data.fetch("tiny")
    data.fetch("tiny")
    assert source.asked == [("images", "labels")]


@pytest.mark.parametrize("change", ["cut", "flip", "longer", "empty"])
def test_a_changed_file_is_never_used_and_only_it_is_fetched_again(
    tmp_path: Path, tiny: Dataset, tiny_files: Files, change: str
) -> None:
    source = FakeSource(tiny_files)
    data = store(tmp_path, tiny, source)
    data.fetch("tiny")
    path = tmp_path / "Tiny" / "raw" / "images"
    right = tiny_files["images"]
    path.write_bytes(
        {
            "cut": right[:-1],
            "flip": right[:-1] + bytes([right[-1] ^ 1]),
            "longer": right + b"\0",
            "empty": b"",
        }[change]
    )
    assert statuses(data) == ["altered", "ok"]
    with pytest.raises(DataError, match=r"images is altered or cut off.*grader data fetch tiny"):
        data.load("tiny/test")
    data.fetch("tiny")
    assert data.load("tiny/test").images.shape == (7, 4, 3)
    assert source.asked[1:] == [("images",)]


def test_a_wrong_file_from_a_source_never_gets_its_final_name(
    tmp_path: Path, tiny: Dataset, tiny_files: Files
) -> None:
    wrong = FakeSource({**tiny_files, "images": tiny_files["images"][:-1]}, name="bad mirror")
    with pytest.raises(DataError, match=r"still missing: images .*bad mirror: images has 99 bytes"):
        store(tmp_path, tiny, wrong).fetch("tiny")
    assert [p.name for p in (tmp_path / "Tiny" / "raw").iterdir()] == ["labels"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [".tiny.lock", "Tiny"]


def test_the_next_source_gives_what_the_first_could_not(
    tmp_path: Path, tiny: Dataset, tiny_files: Files
) -> None:
    first = FakeSource({"labels": tiny_files["labels"]})
    second = FakeSource(tiny_files)
    store(tmp_path, tiny, first, second).fetch("tiny")
    assert second.asked == [("images",)]


def test_two_processes_that_fetch_at_once_fetch_once(
    tmp_path: Path, tiny: Dataset, tiny_files: Files
) -> None:
    source = FakeSource(tiny_files)
    failures: list[BaseException] = []
    start = threading.Barrier(8)

    def fetch() -> None:
        start.wait()
        try:
            store(tmp_path, tiny, source).fetch("tiny")
        except BaseException as error:  # noqa: BLE001 - handed to the main thread
            failures.append(error)

    threads = [threading.Thread(target=fetch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert source.asked == [("images", "labels")]


def test_what_a_killed_fetch_left_is_swept_away(
    tmp_path: Path, tiny: Dataset, tiny_files: Files
) -> None:
    left_over = tmp_path / ".fetching-tiny-abc"
    left_over.mkdir()
    (left_over / "images").write_bytes(b"half")
    store(tmp_path, tiny, FakeSource(tiny_files)).fetch("tiny")
    assert not left_over.exists()


def test_a_missing_file_says_how_to_get_it(tmp_path: Path, tiny: Dataset) -> None:
    with pytest.raises(DataError, match=r"images cannot be read.*run `grader data fetch tiny`"):
        store(tmp_path, tiny).load("tiny/test")


@pytest.mark.parametrize("name", ["tiny", "tiny/", "tiny/train", "tiny/test/x", "", "other/test"])
def test_an_unknown_name_lists_the_known_ones(tmp_path: Path, tiny: Dataset, name: str) -> None:
    with pytest.raises(DataError, match="expected one of tiny"):
        store(tmp_path, tiny).load(name)


def test_a_folder_that_cannot_be_written_is_a_data_error(
    tmp_path: Path, tiny: Dataset, tiny_files: Files
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot be written"):
        store(tmp_path / "file", tiny, FakeSource(tiny_files)).fetch("tiny")


def test_progress_names_each_file(tmp_path: Path, tiny: Dataset, tiny_files: Files) -> None:
    seen = []
    store(tmp_path, tiny, FakeSource(tiny_files)).fetch("tiny", seen.append)
    assert [(p.file, p.done == p.total) for p in seen] == [("images", True), ("labels", True)]
