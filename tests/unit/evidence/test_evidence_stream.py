import contextlib
import json
import struct
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.domain.job import MAX_HEADER_BYTES, JobCell, JobSpec
from grader.domain.limits import Limits
from grader.domain.probe import ReadVariables
from grader.domain.run import SandboxFacts, Stopped
from grader.errors import EvidenceError
from grader.evidence import Collector, FrameReader, arrays, pack
from grader.evidence.collect import MAX_ANSWERS_TO_A_PROBE

SPEC = JobSpec(
    cells=(JobCell(index=1, source="a = 1"), JobCell(index=3, source="b = 2")),
    probes=(ReadVariables(id="v", names=("a",)),),
    limits=Limits(answer_bytes=10_000),
    seed=1,
)
FACTS = SandboxFacts(sandbox="fake", seconds=1)
HELLO = {"type": "hello", "environment": {"python": "3.11"}}
ANSWER = {
    "type": "answer",
    "answer": {
        "kind": "variables",
        "probe": "v",
        "cell": 1,
        "found": {"asked": "a", "used": "a"},
        "variables": [{"name": "a", "key": "a"}],
    },
}


def frame(record: object, payload: bytes = b"") -> bytes:
    return pack(json.dumps(record).encode(), payload)


def tensors(**named: object) -> bytes:
    return safetensors.numpy.save({k: np.asarray(v) for k, v in named.items()})


def cell(index: int, status: str = "ok") -> dict[str, object]:
    return {"type": "cell_finished", "cell": {"index": index, "status": status}}


def end(reason: str = "finished") -> dict[str, object]:
    return {"type": "end", "reason": reason}


def collect(*chunks: bytes) -> Collector:
    collector = Collector(SPEC)
    for chunk in chunks:
        collector.feed(chunk)
    return collector


def test_frames_come_whole_however_the_bytes_are_cut() -> None:
    stream = frame(HELLO) + frame(ANSWER, tensors(a=[1.0])) + frame(end())
    for size in (1, 7, len(stream)):
        reader = FrameReader(10_000)
        chunks = (stream[i : i + size] for i in range(0, len(stream), size))
        found = [one for chunk in chunks for one in reader.feed(chunk)]
        assert [json.loads(one.header)["type"] for one in found] == ["hello", "answer", "end"]
        assert reader.pending == 0


@pytest.mark.parametrize(("header", "payload"), [(MAX_HEADER_BYTES + 1, 0), (10, 10_001)])
def test_a_frame_over_its_cap_is_refused_before_it_is_read(header: int, payload: int) -> None:
    with pytest.raises(EvidenceError, match="at most"):
        list(FrameReader(10_000).feed(struct.pack(">II", header, payload)))


def test_a_run_yields_its_cells_and_answers() -> None:
    collector = collect(
        frame(HELLO), frame(cell(1)), frame(ANSWER, tensors(a=[1, 2])), frame(cell(3)), frame(end())
    )
    evidence = collector.evidence(FACTS, None)
    assert [c.status for c in evidence.cells] == ["ok", "ok"]
    assert evidence.to("v")[0].tensors["a"].tolist() == [1, 2]
    assert evidence.stopped.reason == "finished"
    assert evidence.environment.python == "3.11"


def test_a_stream_without_an_end_says_in_which_cell_it_was_killed() -> None:
    collector = collect(frame(HELLO), frame({"type": "cell_started", "index": 1}))
    evidence = collector.evidence(FACTS, None)
    assert evidence.stopped.reason == "killed"
    assert evidence.stopped.cell == 1
    assert [c.status for c in evidence.cells] == ["killed", "not_run"]


def test_a_kernel_that_died_of_the_memory_limit_is_said_to_have_died_of_it() -> None:
    collector = collect(frame(HELLO), frame(cell(1, "killed")), frame(end("kernel_died")))
    facts = FACTS.model_copy(update={"oom_kills": 1})
    assert collector.evidence(facts, None).stopped.reason == "memory"


def test_what_the_sandbox_says_of_the_end_outranks_the_guests_word() -> None:
    collector = collect(frame(HELLO), frame({"type": "cell_started", "index": 3}), frame(end()))
    evidence = collector.evidence(FACTS, Stopped(reason="memory"))
    assert evidence.stopped.reason == "memory"
    assert evidence.stopped.cell == 3


@pytest.mark.parametrize(
    "record",
    [
        {"type": "answer", "answer": {**ANSWER["answer"], "probe": "never_asked"}},  # type: ignore[dict-item]
        {"type": "hello", "environment": {}, "extra": 1},
        {"type": "unknown"},
        {"type": "cell_finished", "cell": {"index": 1, "status": "ok", "seconds": -1}},
        [],
        None,
    ],
)
def test_a_malformed_record_is_refused(record: object) -> None:
    with pytest.raises(EvidenceError):
        collect(frame(record))


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\xff\xfe",
        b'{"type":"progress","index":NaN,"text":""}',
        b'{"type":"cell_finished","cell":{"index":1,"status":"ok","seconds":Infinity}}',
        b'{"type":"cell_finished","cell":{"index":1,"status":"ok","seconds":1e999}}',
        b'{"type":"progress","index":' + b"9" * 100_000 + b',"text":""}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_hostile_json_is_refused_by_name(header: bytes) -> None:
    with pytest.raises(EvidenceError):
        collect(pack(header))


def test_arrays_on_a_record_that_holds_none_are_refused() -> None:
    with pytest.raises(EvidenceError, match="carries arrays"):
        collect(frame(HELLO, tensors(a=[1])))


def lying(shape: list[int], dtype: str = "F32", offsets: tuple[int, int] = (0, 8)) -> bytes:
    header = json.dumps({"a": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}).encode()
    return struct.pack("<Q", len(header)) + header + b"\0" * 8


@pytest.mark.parametrize(
    "payload",
    [
        b"\0",
        b"\x80\x04\x95",
        struct.pack("<Q", 2**63) + b"{}",
        lying([2**40]),
        lying([2**32, 2**32]),
        lying([1], offsets=(0, 2**60)),
        lying([1], dtype="NOPE"),
        lying([1] * 9 + [2]),
        lying([-1]),
        lying([8], dtype="U8", offsets=(0, 8)),
        tensors(a=[1])[:-1],
        tensors(a=[1]) + b"more",
    ],
)
def test_a_payload_whose_header_lies_is_refused(payload: bytes) -> None:
    with pytest.raises(EvidenceError):
        arrays(payload)


def test_not_a_number_crosses_the_wall_as_what_it_is() -> None:
    assert np.isnan(arrays(tensors(a=[np.nan]))["a"][0])


def test_cells_never_sent_for_running_are_not_taken() -> None:
    evidence = collect(frame(HELLO), frame(cell(77)), frame(end())).evidence(FACTS, None)
    assert [c.index for c in evidence.cells] == [1, 3]


def test_the_first_word_about_a_cell_stands() -> None:
    evidence = collect(
        frame(HELLO), frame(cell(1, "error")), frame(cell(1)), frame(end())
    ).evidence(FACTS, None)
    assert evidence.cells[0].status == "error"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_evidence_or_a_refusal(stream: bytes) -> None:
    collector = Collector(SPEC)
    with contextlib.suppress(EvidenceError):
        collector.feed(stream)
    collector.evidence(FACTS, None)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_header_and_payload_give_evidence_or_a_refusal(header: bytes, payload: bytes) -> None:
    collector = Collector(SPEC)
    with contextlib.suppress(EvidenceError):
        collector.feed(frame(ANSWER, payload) + pack(header, payload))
    collector.evidence(FACTS, None)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_flipped_byte_gives_evidence_or_a_refusal(data: st.DataObject) -> None:
    stream = bytearray(frame(HELLO) + frame(ANSWER, tensors(a=[1.0, 2.0])) + frame(end()))
    where = data.draw(st.integers(0, len(stream) - 1))
    stream[where] = data.draw(st.integers(0, 255))
    collector = Collector(SPEC)
    with contextlib.suppress(EvidenceError):
        collector.feed(bytes(stream))
    collector.evidence(FACTS, None)


_OPTIMIZER = '{"type":"answer","answer":{"kind":"optimizer","probe":"v","cell":1,"options":{%s}}}'
_LISTED = '{"type":"answer","answer":{"kind":"module","probe":"v","cell":1,"layers":[%s]}}'
_CELL = '{"type":"cell_finished","cell":{"index":1,"status":"ok",%s}}'
_LIBRARIES = '{"type":"hello","environment":{"libraries":{%s}}}'
_MANY = ",".join(f'"{n}":[]' for n in range(350_000))


@pytest.mark.parametrize(
    "header",
    [
        _OPTIMIZER % _MANY,
        _CELL % _MANY,
        _LIBRARIES % _MANY,
        _LISTED % ("{}," * 1_300_000 + "{}"),
        _OPTIMIZER % _MANY[: _MANY.index(',"30000"')],
        _LISTED % ("{}," * 30_000 + "{}"),
        "[" + "[]," * 1_300_000 + "[]]",
    ],
    ids=lambda header: f"{header[17:58]}-{len(header)}",
)
def test_a_record_of_many_wrong_values_costs_little_memory(header: str) -> None:
    code = (
        "import re, sys\n"
        "from grader.errors import EvidenceError\n"
        "from grader.evidence.decode import read\n"
        "header = sys.stdin.buffer.read()\n"
        "def peak():\n"  # `ru_maxrss` would begin with that of this process
        " return int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) // 1024\n"
        "base = peak()\n"
        "try: read(header)\n"
        "except EvidenceError as error: assert len(str(error)) < 600\n"
        "else: sys.exit('it was taken')\n"
        "print(peak() - base)\n"
    )
    assert len(header) <= MAX_HEADER_BYTES
    done = subprocess.run(
        [sys.executable, "-c", code], input=header.encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert int(done.stdout) < 200


def test_the_largest_honest_record_is_taken() -> None:
    shape = {"shape": [1] * 8}
    row = {"name": "p" * 200, "key": "k", "used": True, "trainable": True, **shape}
    layer = {"name": "l", "type": "Linear", "parameters": 3, "output_shape": [1] * 8}
    answer = {
        "kind": "module",
        "probe": "v",
        "cell": 1,
        "found": {"asked": "a", "used": "a"},
        "class_name": "Net",
        "parameters": [row] * 512,
        "layers": [layer] * 512,
        "parameter_count": 1,
    }
    collector = collect(frame({"type": "answer", "answer": answer}))
    assert len(collector.evidence(FACTS, None).to("v")) == 1


def test_more_answers_to_a_probe_than_the_guest_gives_are_refused() -> None:
    collector = collect(frame(HELLO), *[frame(ANSWER)] * MAX_ANSWERS_TO_A_PROBE)
    with pytest.raises(EvidenceError, match="answers came to 'v'"):
        collector.feed(frame(ANSWER))
