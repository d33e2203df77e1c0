"""A folder that somebody else packed is read or refused, and nothing outside it is touched."""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from folders import NO_FILES, NOTEBOOK, link_to, stored

from grader import store
from grader.batch import find
from grader.errors import StoreError
from grader.store import FileMemo, UnreadableFileError, files_below, load, read_file, run_folder

GRADER = str(Path(sys.executable).with_name("grader"))
SECRET = "root:"  # what /etc/passwd begins with


def grader(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [GRADER, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "COLUMNS": "200", "OMP_NUM_THREADS": "1"},
    )


@pytest.mark.parametrize("spoil", NO_FILES.values(), ids=NO_FILES)
@pytest.mark.parametrize("name", ["run.json", "notebook.ipynb", "answers/0000.safetensors"])
def test_a_run_whose_file_is_no_ordinary_file_is_refused(
    tmp_path: Path, name: str, spoil: Callable[[Path], None]
) -> None:
    folder = stored(tmp_path / "run")
    spoil(folder / name)
    with pytest.raises(StoreError, match="holds no complete stored run") as refused:
        load(folder)
    assert SECRET not in str(refused.value)


def test_a_run_whose_folder_of_answers_is_a_link_is_refused(tmp_path: Path) -> None:
    folder = stored(tmp_path / "run")
    (folder / "answers").rename(tmp_path / "elsewhere")
    (folder / "answers").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="symbolic link"):
        load(folder)


def test_a_hard_link_is_an_ordinary_file(tmp_path: Path) -> None:
    folder = stored(tmp_path / "run")
    os.link(folder / "run.json", tmp_path / "second name")
    assert load(folder).name == "a.ipynb"


def changed(folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    record = json.loads((folder / "run.json").read_text())
    change(record)
    (folder / "run.json").write_text(json.dumps(record))
    return folder


def first(record: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = record["answers"][0]
    return answer


TAMPERED: dict[str, Callable[[dict[str, Any]], None]] = {
    "a path upwards": lambda r: first(r).update(arrays="../../../etc/passwd"),
    "an absolute path": lambda r: first(r).update(arrays="/etc/passwd"),
    "a NUL in a name": lambda r: first(r).update(arrays="0000.safetensors\0"),
    "a line end in a name": lambda r: first(r).update(arrays="0000.safetensors\n"),
    "a missing file": lambda r: first(r).update(arrays="0001.safetensors"),
    "an assignment by path": lambda r: r.update(assignment="./evil.py"),
    "an assignment and a line end": lambda r: r.update(assignment="cnn\n"),
    "another version": lambda r: r.update(schema_version=2),
    "a seed that is no hex": lambda r: r.update(hidden={"seed": "zz"}),
    "a seed without end": lambda r: r.update(hidden={"seed": "00" * 10_000}),
    "NaN": lambda r: r["facts"].update(seconds=float("nan")),
    "infinity": lambda r: r["facts"].update(seconds=float("inf")),
    "a count of 400 digits": lambda r: r["facts"].update(peak_memory_bytes=10**400),
    "a limit of 400 digits": lambda r: r["limits"].update(memory_bytes=10**400),
    "a negative limit": lambda r: r["limits"].update(wall_seconds=-1),
    "an index of 400 digits": lambda r: r["cells"][0].update(index=10**400),
    "a status of its own": lambda r: r["cells"][0].update(status="perfect"),
    "an end of its own": lambda r: r["stopped"].update(reason="full marks"),
    "too many answers": lambda r: r.update(answers=r["answers"] * 10_001),
    "a field more": lambda r: r.update(points=100),
    "wrong everywhere": lambda r: r.update(answers=[{"\x1b[2J": None}] * 9_000),
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_a_tampered_record_is_refused_in_a_few_words(
    tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    folder = changed(stored(tmp_path / "run"), change)
    with pytest.raises(StoreError) as refused:
        load(folder)
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"cells":[' + b"{}," * 1_000_000 + b"{}]}",
        b'{"schema_version":' + b"1" * 1_000_000 + b"}",
        b"\xff\xfe{}",
        b"\0",
    ],
    ids=lambda text: repr(text[:20]),
)
def test_a_record_of_hostile_json_is_refused(tmp_path: Path, text: bytes) -> None:
    folder = stored(tmp_path / "run")
    (folder / "run.json").write_bytes(text)
    with pytest.raises(StoreError) as refused:
        load(folder)
    assert len(str(refused.value)) < 1000


def claimed(dtype: str, shape: list[int], data: bytes) -> bytes:
    entry = {"result": {"dtype": dtype, "shape": shape, "data_offsets": [0, len(data)]}}
    header = json.dumps(entry).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04\x95",
        struct.pack("<Q", 2**63) + b"{}",
        claimed("F32", [2**40], bytes(8)),
        claimed("F32", [0, 2**31], b""),
        claimed("C64", [1], bytes(8)),
        claimed("F32", [1] * 9, bytes(4)),
        claimed("BF16", [4], bytes(8)),
    ],
    ids=lambda data: repr(data[:30]),
)
def test_stored_arrays_keep_the_rules_of_those_that_cross_the_wall(
    tmp_path: Path, data: bytes
) -> None:
    folder = stored(tmp_path / "run")
    (folder / "answers" / "0000.safetensors").write_bytes(data)
    with pytest.raises(StoreError, match=r"0000\.safetensors"):
        load(folder)


def test_arrays_beyond_the_bound_of_all_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stored(tmp_path / "run")
    size = (folder / "answers" / "0000.safetensors").stat().st_size
    changed(folder, lambda record: record.update(answers=record["answers"] * 3))
    assert len(load(folder).evidence.answers) == 3
    monkeypatch.setattr(run_folder, "MAX_ARRAYS", 2 * size + 1)
    with pytest.raises(StoreError, match="at most 1 are read"):
        load(folder)


MEMOS = {
    "a list": b"[1]",
    "a number": b"7",
    "deep": b"[" * 100_000,
    "digits": b'{"a":' + b"7" * 10_000 + b"}",
    "nothing": b"",
    "values of other types": b'{"a":1,"b":[],"c":null,"d":"x"}',
}


@pytest.mark.parametrize("text", MEMOS.values(), ids=MEMOS)
def test_a_memo_that_cannot_be_read_is_empty(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "memo.json"
    path.write_bytes(text)
    memo = FileMemo(path)
    assert [memo.get(key) for key in "abcd"] == [None] * 4
    memo.put("a", {"b": 1})
    assert FileMemo(path).get("a") == {"b": 1}


@pytest.mark.parametrize("spoil", NO_FILES.values(), ids=NO_FILES)
def test_a_memo_that_is_no_ordinary_file_is_empty(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    path = tmp_path / "memo.json"
    spoil(path)
    memo = FileMemo(path)
    memo.put("a", {"b": 1})
    assert memo.get("a") == {"b": 1}


def test_a_memo_writes_through_no_link_that_was_laid_for_it(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("memo.json", "memo.tmp", "memo.json.tmp", ".memo-"):
        (folder / name).symlink_to(victim)
    memo = FileMemo(folder / "memo.json")
    memo.put("a", {"b": 1})
    assert victim.read_text() == "untouched"
    assert FileMemo(folder / "memo.json").get("a") == {"b": 1}


def test_a_regrade_of_hostile_folders_says_why_for_each_and_goes_on(tmp_path: Path) -> None:
    changed(stored(tmp_path / "runs" / "good"), lambda record: None)
    names = {}
    for number, (name, spoil) in enumerate(NO_FILES.items()):
        spoil(stored(tmp_path / "runs" / f"bad{number}\x1b]0;{number}\x07") / "run.json")
        names[f"bad{number}"] = name
    ended = grader("regrade", tmp_path / "runs", "--json", tmp_path / "out.json")
    assert ended.returncode == 4
    assert "Traceback" not in ended.stderr + ended.stdout
    assert SECRET not in ended.stderr + ended.stdout
    assert "\x1b" not in ended.stderr + ended.stdout
    told = [line for line in ended.stderr.splitlines() if line.startswith("error:")]
    assert len(told) == len(names) - 1  # a folder of that name is no file to be found
    assert len((tmp_path / "out.json").read_text().splitlines()) == 1


ASSIGNMENT = """
from grader.checks.answers import FreeText
from grader.domain.assignment import Assignment, Problem
from grader.domain.question import Question
question = Question(id="q", title="Why?", anchors=("why",))
assignment = Assignment(id="why", title="Why",
    problems=(Problem(id="q", title="Why?", points=1, checks=(FreeText(question=question),)),))
"""


def hostile_class(folder: Path) -> list[str]:
    """One honest notebook, and every kind of file that is none."""
    folder.mkdir()
    (folder / "honest.ipynb").write_text(NOTEBOOK)
    kinds = [name for name in NO_FILES if name != "a folder"]
    for name in kinds:
        (folder / name).mkdir()
        NO_FILES[name](folder / name / "x.ipynb")
    (folder / "a folder" / "x.ipynb").mkdir(parents=True)
    (folder / "outside").symlink_to("/etc")
    return kinds


def test_a_class_of_hostile_files_is_graded_without_an_error_of_ours(
    tmp_path: Path, needs_bubblewrap: None
) -> None:
    kinds = hostile_class(tmp_path / "class")
    deep = tmp_path / "class" / "/".join(["d" * 60] * 20)
    deep.mkdir(parents=True)
    for path in (
        deep / "deep.ipynb",
        tmp_path / "class" / "grades.csv.ipynb",
        tmp_path / "class" / "class.json.ipynb",
        tmp_path / "class" / "=1+1\x1b]0;title\x07\u202e\nerror: forged.ipynb",
        tmp_path / "class" / os.fsdecode(b"\xff\xfe.ipynb"),
    ):
        path.write_text(NOTEBOOK)
    (tmp_path / "why.py").write_text(ASSIGNMENT)
    ended = grader(
        "batch", tmp_path / "class", "--out", tmp_path / "out", "-a", tmp_path / "why.py",
        "--sandbox", "bubblewrap", "--workers", 1,
    )  # fmt: skip
    said = ended.stderr + ended.stdout
    assert ended.returncode == 0, said
    assert "Traceback" not in said
    assert SECRET not in said
    assert "\x1b" not in said
    assert not [line for line in said.splitlines() if line.startswith("error: forged")]
    assert f"{len(kinds) + 6} notebooks: 6 graded (0 of them before), {len(kinds)} unread" in said
    grades = (tmp_path / "out" / "grades.csv").read_text()
    assert grades.count("not_a_file") == len(kinds)
    assert len(grades.splitlines()) == len(kinds) + 7
    assert SECRET not in grades


def test_folders_nested_beyond_any_recursion_are_walked(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    (tmp_path / "d" / "x.ipynb").write_text(NOTEBOOK)
    try:
        assert [entry.key for entry in find(tmp_path)] == ["d__x"]
        assert list(files_below(tmp_path, "run.json")) == []
    finally:
        subprocess.run(["rm", "-r", str(tmp_path / "d")], check=True)


def test_a_reader_that_follows_links_would_tell_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link_to(Path("/etc/passwd"))(tmp_path / "x.ipynb")
    with pytest.raises(UnreadableFileError, match="symbolic link"):
        read_file(tmp_path / "x.ipynb", 10**6)
    monkeypatch.setattr(store.files.os, "lstat", os.stat)
    with pytest.raises(OSError, match="symbolic links"):  # O_NOFOLLOW holds by itself
        read_file(tmp_path / "x.ipynb", 10**6)
    monkeypatch.setattr(store.files.os, "O_NOFOLLOW", 0)
    assert SECRET in read_file(tmp_path / "x.ipynb", 10**6).decode()


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="grew"):
        read_file(Path("/proc/self/status"), 10)  # its size is told as 0
