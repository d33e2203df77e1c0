"""Cut-down data sets: right by themselves, and verified against the full ones."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.data import Dataset, DataStore, cut
from grader.data.fake import FakeSource
from grader.data.idx import read_idx
from grader.errors import DataError


@pytest.fixture
def full(tmp_path: Path, tiny: Dataset, tiny_files: Mapping[str, bytes]) -> DataStore:
    store = DataStore(tmp_path / "full", [tiny], [FakeSource(tiny_files)])
    store.fetch("tiny")
    return store


def test_the_first_images_are_kept_under_headers_that_say_so(
    full: DataStore, tmp_path: Path
) -> None:
    small = cut(full, ["tiny"], {"tiny/test": 3}, tmp_path / "cut")
    raw = tmp_path / "cut" / "Tiny" / "raw"
    assert read_idx((raw / "images").read_bytes(), "images").shape == (3, 4, 3)
    assert read_idx((raw / "labels").read_bytes(), "labels").tolist() == [0, 1, 2]
    loaded, whole = small.load("tiny/test"), full.load("tiny/test")
    assert (loaded.images == whole.images[:3]).all()
    assert loaded.labels.tolist() == [0, 1, 2]
    assert loaded.digest != whole.digest


def test_without_a_size_a_part_is_kept_whole(full: DataStore, tmp_path: Path) -> None:
    small = cut(full, ["tiny"], {}, tmp_path / "cut")
    assert small.load("tiny/test").digest == full.load("tiny/test").digest


def test_what_is_there_is_left_alone_and_what_was_altered_is_made_anew(
    full: DataStore, tmp_path: Path
) -> None:
    small = cut(full, ["tiny"], {"tiny/test": 3}, tmp_path / "cut")
    images, labels = (f.path for f in small.verify("tiny"))
    before = images.stat().st_mtime_ns
    labels.write_bytes(b"altered")
    assert [f.status for f in small.verify("tiny")] == ["ok", "altered"]
    small = cut(full, ["tiny"], {"tiny/test": 3}, tmp_path / "cut")
    assert [f.status for f in small.verify("tiny")] == ["ok", "ok"]
    assert images.stat().st_mtime_ns == before


def test_nothing_but_data_lies_in_what_a_run_reads(full: DataStore, tmp_path: Path) -> None:
    cut(full, ["tiny"], {}, tmp_path / "cut")
    assert [path.name for path in (tmp_path / "cut").iterdir()] == ["Tiny"]


@pytest.mark.parametrize("size", [0, 8])
def test_no_more_images_are_promised_than_there_are(
    full: DataStore, tmp_path: Path, size: int
) -> None:
    with pytest.raises(DataError, match="has 7 images"):
        cut(full, ["tiny"], {"tiny/test": size}, tmp_path / "cut")


@pytest.mark.parametrize("name", ["tiny/train", "other/test"])
def test_a_part_that_is_not_there_is_refused(full: DataStore, tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=name):
        cut(full, ["tiny"], {name: 3}, tmp_path / "cut")


def test_a_full_set_that_is_altered_is_cut_from_no_more(full: DataStore, tmp_path: Path) -> None:
    full.verify("tiny")[0].path.write_bytes(b"altered")
    with pytest.raises(DataError, match="altered"):
        cut(full, ["tiny"], {"tiny/test": 3}, tmp_path / "cut")
    assert not (tmp_path / "cut" / "Tiny" / "raw" / "images").exists()


def test_a_folder_that_cannot_be_written_is_told(full: DataStore, tmp_path: Path) -> None:
    (tmp_path / "cut").write_text("a file")
    with pytest.raises(DataError, match="cannot be written"):
        cut(full, ["tiny"], {"tiny/test": 3}, tmp_path / "cut")
