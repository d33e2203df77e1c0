"""Whatever comes through the result pipe ends in evidence or in a refusal, within bounds."""

import json
import struct
from typing import Any

import numpy as np
import pytest
from bounded import bounded
from streams import END, HELLO, HONEST, answer, cell, claimed, collected, frame, tensors, told

from grader.domain import arrays as rules
from grader.domain.job import MAX_HEADER_BYTES
from grader.domain.untrusted import read_json
from grader.errors import EvidenceError
from grader.evidence import arrays, collect, decode, pack

WHOLE = b"".join(HONEST)
BORDERS = [sum(map(len, HONEST[:n])) for n in range(len(HONEST) + 1)]


def test_an_honest_stream_is_taken_whole() -> None:
    evidence, refusal = collected(*HONEST)
    assert (refusal, evidence.stopped.reason) == ("", "finished")
    assert told(evidence) == (["ok", "ok"], 1)


def test_a_stream_cut_after_any_byte_keeps_every_record_before_the_cut() -> None:
    whole = [told(collected(*HONEST[:n])[0]) for n in range(len(HONEST) + 1)]
    for end in range(len(WHOLE)):
        evidence, refusal = collected(WHOLE[:end])
        complete = sum(border <= end for border in BORDERS) - 1
        assert refusal == ""
        assert evidence.stopped.reason == "killed"
        assert told(evidence) == whole[complete]


def test_a_stream_that_goes_on_after_a_cut_is_refused_or_incomplete() -> None:
    for end in range(1, len(WHOLE)):
        if end not in BORDERS:
            evidence, refusal = collected(WHOLE[:end], WHOLE)
            assert refusal or evidence.stopped.reason == "killed"


def test_what_came_before_a_refusal_counts() -> None:
    evidence, refusal = collected(*HONEST[:5], b"\xff" * 8, *HONEST[5:])
    assert "announces" in refusal
    assert told(evidence) == (["ok", "killed"], 1)


@pytest.mark.parametrize("number", range(len(HONEST)))
def test_no_record_is_taken_after_the_closing_one(number: int) -> None:
    evidence, refusal = collected(*HONEST, HONEST[number])
    assert refusal == "a record came after the closing one"
    assert told(evidence) == (["ok", "ok"], 1)


def test_a_replayed_stream_changes_nothing() -> None:
    again = [frame(cell(1, status="error")), frame(cell(3, status="error")), frame(HELLO)]
    evidence, _ = collected(*HONEST[:-1], *again, HONEST[-1])
    assert told(evidence) == (["ok", "ok"], 1)
    assert evidence.environment.python == "3.11"


def test_records_in_any_order_give_the_same_cells() -> None:
    evidence, refusal = collected(*reversed(HONEST[:-1]), HONEST[-1])
    assert refusal == ""
    assert told(evidence) == (["ok", "ok"], 1)


def test_a_run_ends_in_no_cell_that_was_not_sent_for_running() -> None:
    for claim in ({"type": "cell_started", "index": 77}, {**END, "reason": "output", "cell": 77}):
        assert collected(frame(HELLO), frame(claim))[0].stopped.cell is None


@pytest.mark.parametrize(
    "record",
    [
        answer("never_asked"),
        answer("v0\0"),
        answer("../v0"),
        answer("v80"),
        answer("v0", kind="module"),
        answer("v0", variables=[{"name": "a", "key": "../../etc/passwd", "path": "/etc/passwd"}]),
        answer("v0", cell=-2),
        answer("v0", cell=2**63),
        answer("v0", seconds=float("nan")),
        answer("v0", seconds=float("inf")),
        answer("v0", seconds=-1),
        answer("v0", variables=[{"name": "a", "shape": [1] * 9}]),
        answer("v0", variables=[{"name": "a", "shape": [2**63]}]),
        answer("v0", variables=[{"name": "a" * 501}]),
        answer("v0", variables=[{"name": "a"}] * 33),
        answer("v0", found={"asked": "a", "used": "a", "how": "by force"}),
        {"type": "answer", "answer": []},
        {"type": "answer", "answer": {"kind": ["variables"]}},
        {"type": "cell_finished", "cell": {"index": 1, "status": "perfect"}},
        {"type": "cell_finished", "cell": {"index": 10**400, "status": "ok"}},
        {"type": "cell_finished", "cell": {"index": 1, "status": "ok", "error": {"name": "E"}}},
        {"type": "hello", "environment": {"libraries": {str(n): "" for n in range(65)}}},
        {"type": "hello", "environment": {"threads": -(2**63) - 1}},
        {"type": "end", "reason": "full marks"},
        {"type": "end", "reason": "finished", "message": "x" * 501},
        {"type": "run", "sha256": "of another run"},
        {"type": "__class__"},
        {},
        "hello",
        1e308,
        True,
    ],
    ids=lambda record: json.dumps(record)[:60],
)  # fmt: skip
def test_a_record_of_the_wrong_make_is_refused_and_what_came_before_counts(record: object) -> None:
    evidence, refusal = collected(*HONEST[:4], frame(record), *HONEST[4:])
    assert refusal
    assert told(evidence) == (["ok", "not_run"], 1)


RAW = {
    "NaN": b'{"type":"cell_finished","cell":{"index":1,"status":"ok","seconds":NaN}}',
    "1e999": b'{"type":"cell_finished","cell":{"index":1,"status":"ok","seconds":1e999}}',
    "-Infinity": b'{"type":"cell_started","index":-Infinity}',
    "a million digits": b'{"type":"cell_started","index":' + b"7" * 1_000_000 + b"}",
    "4,300 digits": b'{"type":"cell_started","index":' + b"7" * 4_300 + b"}",
    "400 digits": b'{"type":"cell_started","index":' + b"7" * 400 + b"}",
    "2**63": b'{"type":"cell_started","index":9223372036854775808}',
    "an exponent": b'{"type":"cell_started","index":1e400000}',
    "a million keys": b"{" + b",".join(b'"%d":0' % n for n in range(350_000)) + b"}",
    "10,000 levels of lists": b"[" * 10_000 + b"]" * 10_000,
    "10,000 levels of objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "10,000 levels in a field": b'{"type":"hello","environment":' + b"[" * 10_000 + b"]" * 10_000,
    "a lone surrogate": b'{"type":"progress","index":1,"text":"\\ud800"}',
    "half a pair": b'{"type":"progress","index":1,"text":"\\ude00\\ud83d"}',
    "encoded surrogates": b'{"type":"progress","index":1,"text":"\xed\xa0\x80"}',
    "overlong UTF-8": b'{"type":"progress","index":1,"text":"\xc0\xaf"}',
    "a NUL byte": b'{"type":"progress","index":1,"text":"\0"}',
    "a NUL behind": b'{"type":"cell_started","index":1}\0',
    "two values": b'{"type":"cell_started","index":1}{"type":"cell_started","index":1}',
    "a comma behind": b'{"type":"cell_started","index":1,}',
    "a comment": b'/**/{"type":"cell_started","index":1}',
    "single quotes": b"{'type':'cell_started','index':1}",
    "UTF-16": '{"type":"cell_started","index":1}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"type":"cell_started","index":1}',
    "a pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x07os.exit\x94.",
}


@pytest.mark.parametrize("header", RAW.values(), ids=RAW)
def test_json_that_no_guest_writes_is_refused_and_what_came_before_counts(header: bytes) -> None:
    assert len(header) <= MAX_HEADER_BYTES
    evidence, refusal = collected(*HONEST[:4], pack(header), *HONEST[4:])
    assert refusal
    assert told(evidence) == (["ok", "not_run"], 1)


def test_of_equal_keys_the_last_counts_for_all_of_our_reading() -> None:
    twice = b'{"type":"hello","type":"cell_started","index":1,"index":3}'
    evidence, refusal = collected(frame(HELLO), pack(twice))
    assert (refusal, evidence.stopped.cell) == ("", 3)


def test_escaped_nuls_are_text() -> None:
    evidence, refusal = collected(
        frame(HELLO), pack(b'{"type":"end","reason":"output","message":"a\\u0000b"}')
    )
    assert (refusal, evidence.stopped.message) == ("", "a\0b")


def one(dtype: str, shape: list[Any], start: int = 0, end: int = 0) -> dict[str, Any]:
    return {"a": {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}}


FLOAT = one("F32", [2], 0, 8)["a"]
LIES = {
    "the length is cut": tensors(a=[1.0])[:7],
    "the header is cut": tensors(a=[1.0])[:20],
    "the data are cut": tensors(a=[1.0])[:-1],
    "data lie behind": tensors(a=[1.0]) + b"\0",
    "an endless header": struct.pack("<Q", 2**64 - 1) + b"{}",
    "a header of 100 MB": struct.pack("<Q", 100_000_000) + b"{}",
    "a header of no bytes": struct.pack("<Q", 0),
    "a header that is a list": claimed([]),
    "a header that is deep": claimed(b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}"),
    "a header in UTF-16": claimed("{}".encode("utf-16")),
    "offsets overlap": claimed({"a": FLOAT, "b": FLOAT}, bytes(8)),
    "offsets leave a hole": claimed(one("F32", [1], 4, 8), bytes(8)),
    "offsets go backwards": claimed(one("F32", [1], 8, 0), bytes(8)),
    "offsets lie past the end": claimed(one("F32", [2], 0, 2**60), bytes(8)),
    "offsets are negative": claimed(one("F32", [2], -8, 0), bytes(8)),
    "offsets are fractions": claimed(
        {"a": {**FLOAT, "data_offsets": [0.5, 8.5]}}, bytes(8)
    ),
    "offsets are three": claimed({"a": {**FLOAT, "data_offsets": [0, 4, 8]}}, bytes(8)),
    "the shape is too large": claimed(one("F32", [3], 0, 8), bytes(8)),
    "the shape is too small": claimed(one("F32", [1], 0, 8), bytes(8)),
    "the shape overflows": claimed(one("F32", [2**32, 2**32], 0, 8), bytes(8)),
    "the shape overflows to fit": claimed(one("F32", [2**62 + 2], 0, 8), bytes(8)),
    "the shape is negative": claimed(one("F32", [-1, -2], 0, 8), bytes(8)),
    "the shape is text": claimed(one("F32", ["2"], 0, 8), bytes(8)),
    "the shape is NaN": claimed(one("F32", [float("nan")], 0, 8), bytes(8)),
    "nine dimensions": claimed(one("F32", [1] * 8 + [2], 0, 8), bytes(8)),
    "a million dimensions": claimed(one("F32", [1] * 1_000_000 + [2], 0, 8), bytes(8)),
    "no elements and 2**62 rows": claimed(one("F32", [0, 2**62])),
    "no elements and 2**31 rows": claimed(one("F32", [0, 2**31])),
    "no elements and rows that overflow": claimed(one("F32", [2**40, 0, 2**40])),
    "complex numbers": claimed(one("C64", [1], 0, 8), bytes(8)),
    "objects": claimed(one("O", [1], 0, 8), bytes(8)),
    "unsigned bytes": claimed(one("U8", [8], 0, 8), bytes(8)),
    "bfloat16": claimed(one("BF16", [4], 0, 8), bytes(8)),
    "eight bits": claimed(one("F8_E4M3", [8], 0, 8), bytes(8)),
    "four bits": claimed(one("F4", [16], 0, 8), bytes(8)),
    "an unknown type": claimed(one("F31", [2], 0, 8), bytes(8)),
    "a type that is no text": claimed({"a": {**FLOAT, "dtype": 7}}, bytes(8)),
    "too many arrays": claimed({f"{n}": one("BOOL", [0])["a"] for n in range(4097)}),
    "a pickle": b"\x80\x04\x95" + bytes(100),
    "a zip": b"PK\x03\x04" + bytes(100),
    "an npy": b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
}  # fmt: skip


@pytest.mark.parametrize("payload", LIES.values(), ids=LIES)
def test_a_payload_that_lies_is_refused_and_what_came_before_counts(payload: bytes) -> None:
    evidence, refusal = collected(*HONEST[:4], frame(answer(), payload), *HONEST[4:])
    assert refusal
    assert told(evidence) == (["ok", "not_run"], 1)


HARMLESS = {
    "no dimensions": claimed(one("F64", [], 0, 8), bytes(8)),
    "no elements": claimed(one("F64", [0, 3, 0])),
    "an empty name": claimed({"": FLOAT}, bytes(8)),
    "a name with dots": claimed({"../../etc/passwd": FLOAT}, bytes(8)),
    "a name with a NUL": claimed({"a\0b": FLOAT}, bytes(8)),
    "metadata": claimed({"__metadata__": {"a": "b" * 1000}, "a": FLOAT}, bytes(8)),
    "not a number": tensors(a=[np.nan, np.inf, -np.inf, -0.0, 5e-324]),
    "a field more": claimed({"a": {**FLOAT, "path": "/etc/passwd"}}, bytes(8)),
    "half precision": tensors(a=np.float16([1])),
}


@pytest.mark.parametrize("payload", HARMLESS.values(), ids=HARMLESS)
def test_a_payload_that_is_only_odd_is_taken_as_numbers(payload: bytes) -> None:
    evidence, refusal = collected(*HONEST[:3], frame(answer(), payload), *HONEST[4:])
    assert (refusal, len(evidence.answers)) == ("", 1)
    for array in evidence.answers[0].tensors.values():
        assert array.dtype.kind in "bif"


def test_bytes_under_a_bool_are_true_or_false() -> None:
    found = arrays(claimed(one("BOOL", [3], 0, 3), b"\0\1\7"))["a"]
    assert (found.view(np.uint8) == [0, 1, 1]).all()


SETUP = """
from streams import SPEC, FACTS, HELLO, answer, cell, claimed, frame
from grader.domain.job import JobCell
from grader.evidence import Collector
from grader.domain.untrusted import read_json
from grader.errors import EvidenceError
spec = SPEC.model_copy(update={"cells": tuple(JobCell(index=n, source="") for n in range(2000))})
collector = Collector(spec)
collector.feed(frame(HELLO))
def send(make, total=128 * 1024**2):
    sent = number = 0
    try:
        while True:
            data = make(number)
            if (sent := sent + len(data)) > total:
                break
            collector.feed(data)
            number += 1
    except EvidenceError as error:
        print("refused:", error)
    print(len(collector.evidence(FACTS, None).answers))
"""
FLOODS = {
    "answers of many small parts": (
        'row = {"name": "", "shape": [], "key": None, "used": True, "trainable": True}\n'
        'layer = {"name": "", "type": "", "parameters": 1, "output_shape": None}\n'
        'many = dict(kind="module", class_name="", parameter_count=1, parameters=[row] * 512, '
        "layers=[layer] * 512)\n"
        "def make(n):\n"
        '    one = answer(f"v{n % 80}", **many)\n'
        '    del one["answer"]["variables"]\n'
        "    return frame(one)\n"
    ),
    "answers of many empty arrays": (
        'empty = {"dtype": "BOOL", "shape": [0], "data_offsets": [0, 0]}\n'
        'payload = claimed({f"{n:x}": empty for n in range(4096)})\n'
        'make = lambda n: frame(answer(f"v{n % 80}"), payload)\n'
    ),
    "outputs with one wide character": (
        'from grader.evidence import pack\nimport json\n'
        'make = lambda n: pack(json.dumps(cell(n, output="a" * 4_000_000 + "\\U0001F600"), '
        "ensure_ascii=False).encode())\n"
    ),
    "messages and tracebacks": (
        'error = {"name": "E", "message": "m" * 20_000, "traceback": "t" * 20_000}\n'
        'make = lambda n: frame(cell(n, status="error", error=error))\n'
    ),
    "starts of cells": 'make = lambda n: frame({"type": "cell_started", "index": 1})\n',
    "frames of nothing": "make = lambda n: bytes(8)\n",
    "a frame that never ends": (
        'make = lambda n: b"\\0\\0\\0\\1\\0\\xff\\xff\\xff" if n == 0 else b"x" * 65_536\n'
    ),
}  # fmt: skip


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_a_flood_up_to_the_cap_of_a_run_costs_little_memory(flood: str) -> None:
    ended = bounded(_beside() + SETUP + flood, "send(make)")
    assert ended.grown < 300, ended


def test_without_the_caps_a_flood_would_cost_much_memory() -> None:
    loose = "from grader.evidence import collect\ncollect.MAX_VALUES = 10**12\n"
    name = "answers of many small parts"
    ended = bounded(_beside() + loose + SETUP + FLOODS[name], "send(make, 40 * 1024**2)")
    assert ended.grown > 300, ended


def _beside() -> str:
    return f"import sys\nsys.path.insert(0, {str(__file__).rpartition('/')[0]!r})\n"


def test_without_the_bound_on_shapes_rows_out_of_nothing_come_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    payload = LIES["no elements and 2**31 rows"]
    with pytest.raises(EvidenceError, match="no elements"):
        arrays(payload)
    monkeypatch.setattr(rules, "MAX_EXTENT", 2**62)
    assert arrays(payload)["a"].shape == (0, 2**31)


def test_without_the_word_on_bools_seven_comes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "_true_or_false", lambda array: array)
    assert arrays(claimed(one("BOOL", [1], 0, 1), b"\7"))["a"].view(np.uint8)[0] == 7


def test_the_caps_leave_room_for_what_a_guest_gives() -> None:
    row = {"name": "", "shape": [1] * 4, "key": "k", "used": True, "trainable": True}
    layer = {"name": "", "type": "", "parameters": 3, "output_shape": [1] * 4, "settings": ""}
    _, values = read_json(json.dumps([row] * 100 + [layer] * 100).encode(), 10**9)
    given_to_a_probe, models = 26, 3
    assert values * given_to_a_probe * models < collect.MAX_VALUES
    assert 1100 * given_to_a_probe * models < collect.MAX_ARRAYS
