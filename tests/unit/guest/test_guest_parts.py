"""The guest's own parts, outside any kernel."""

import json
import math
import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from guest_runs import GUEST, read

sys.path.insert(0, str(GUEST))
from guest_frames import Frames
from guest_mailbox import Mailbox
from guest_output import CellOutput
from inside_output import Tap
from shared_text import cut, plain


def _letter(**changes: object) -> bytes:
    answer = {"kind": "unanswered", "probe": "p", "cell": 1, **changes}
    header = json.dumps({"type": "answer", "answer": answer}).encode()
    return struct.pack(">II", len(header), 3) + header + b"abc"


def test_a_letter_is_read_once_and_removed(tmp_path: Path) -> None:
    (tmp_path / "000000").write_bytes(_letter())
    mailbox = Mailbox(tmp_path, answer_bytes=100)
    (letter,) = mailbox.collect()
    assert (letter.probe, letter.cell, letter.payload) == ("p", 1, b"abc")
    assert list(mailbox.collect()) == []
    assert list(tmp_path.iterdir()) == []


def test_a_link_a_pipe_and_a_folder_are_no_letters(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(_letter())
    box = tmp_path / "box"
    box.mkdir()
    mailbox = Mailbox(box, answer_bytes=100)
    for make in (
        lambda path: path.symlink_to(secret),
        os.mkfifo,
        lambda path: path.mkdir(),
    ):
        path = box / "000000"
        make(path)
        assert list(mailbox.collect()) == []
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"short",
        struct.pack(">II", 2**31, 0) + b"{}",
        struct.pack(">II", 2, 0) + b"{}",
        struct.pack(">II", 2, 0) + b"[[",
        struct.pack(">II", 4, 0) + b"null",
        _letter(cell="first"),
        _letter() + b"more",
    ],
)
def test_a_broken_letter_is_skipped_and_the_next_one_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "000000").write_bytes(data)
    (tmp_path / "000001").write_bytes(_letter(probe="next"))
    assert [x.probe for x in Mailbox(tmp_path, answer_bytes=100).collect()] == ["next"]


def test_a_letter_over_the_cap_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "000000").write_bytes(_letter())
    assert list(Mailbox(tmp_path, answer_bytes=2).collect()) == []


def test_output_within_its_cap_is_kept_whole() -> None:
    output = CellOutput(1000)
    for number in range(100):
        output.add(f"{number}\r")
    assert output.text() == "".join(f"{number}\r" for number in range(100))
    assert not output.truncated
    assert output.last_line() == "99"


def test_output_over_its_cap_keeps_both_ends_and_says_how_much_is_gone() -> None:
    output = CellOutput(100)
    for number in range(10_000):
        output.add(f"{number:05d}\n")
    text = output.text()
    assert text.startswith("00000\n00001\n")
    assert text.endswith("09998\n09999\n")
    assert "59900 bytes of output cut" in text
    assert output.size == 100


def test_a_flood_is_held_back_at_its_source_but_for_its_last_lines() -> None:
    tap, written = Tap(10), []
    tap._write = lambda _, text: written.append(text)
    tap.pour(None, "0123456")
    tap._released = math.inf
    for _ in range(1000):
        tap.pour("a stream", "x" * 1000 + "\n")
    tap.release()
    assert written[:2] == ["0123456", "xxx"]
    assert len("".join(written)) < 50_000
    assert written[-1].endswith("xxx\n")


def test_a_character_cut_in_half_is_dropped() -> None:
    output = CellOutput(9)
    output.add("äöü" * 20)
    assert set(output.text()) <= set("äöü") | set("\n[... 111 bytes of output cut ...]\n")


def test_a_header_too_long_is_shortened_until_it_fits(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    with path.open("wb") as file:
        frames = Frames(file.fileno(), 10**9)
        cell = {"index": 0, "status": "ok", "output": '"' * 5_000_000}
        frames.send({"type": "cell_finished", "cell": cell})
    (cell_run,) = read(path.read_bytes()).cells().values()
    assert cell_run.truncated
    assert "output cut" in cell_run.output


def test_numbers_that_are_no_json_are_refused(tmp_path: Path) -> None:
    with (tmp_path / "stream").open("wb") as file, pytest.raises(ValueError, match="Out of range"):
        Frames(file.fileno(), 10**9).send({"type": "end", "seconds": float(np.nan)})


def test_text_is_cut_in_the_middle_and_made_plain() -> None:
    assert plain("a\x1b[1;31mb\x1b]0;title\x07c\x00\ud800\td") == "abc?\td"
    assert len(cut("x" * 10**6, 500)) == 500
    assert cut("y" * 500, 500) == "y" * 500
    assert cut("start" + "z" * 600 + "end", 500).startswith("start")
    assert cut("start" + "z" * 600 + "end", 500).endswith("end")
