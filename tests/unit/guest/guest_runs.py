"""Runs the guest as it runs inside a sandbox, and reads its stream with a reader of its own."""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter
from safetensors.numpy import load, save_file

from grader.domain.evidence import (
    Answered,
    FunctionAnswer,
    ModuleAnswer,
    OptimizerAnswer,
    TrainingAnswer,
    Unanswered,
    VariablesAnswer,
)
from grader.domain.job import (
    MAX_HEADER_BYTES,
    AnswerGiven,
    CellFinished,
    End,
    Hello,
    JobCell,
    JobSpec,
    Progress,
    Record,
    Retraining,
)
from grader.domain.limits import Limits
from grader.domain.probe import Probe
from grader.domain.run import CellRun

GUEST = Path(__file__).parents[3] / "grader" / "sandbox" / "guest"
_RECORD = TypeAdapter(Record)
_KINDS = (
    FunctionAnswer,
    ModuleAnswer,
    OptimizerAnswer,
    TrainingAnswer,
    Unanswered,
    VariablesAnswer,
)


@dataclass
class Stream:
    """All that one run wrote, validated."""

    records: list[Record] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)
    code: int = 0
    stderr: str = ""
    home: Path = Path()

    def cells(self) -> dict[int, CellRun]:
        return {r.cell.index: r.cell for r in self.records if isinstance(r, CellFinished)}

    def cell(self, index: int) -> CellRun:
        return self.cells()[index]

    def output(self, index: int) -> str:
        return self.cell(index).output

    def end(self) -> End:
        (end,) = [r for r in self.records if isinstance(r, End)]
        assert self.records[-1] is end
        return end

    def hello(self) -> Hello:
        assert isinstance(self.records[0], Hello)
        return self.records[0]

    def progress(self, index: int) -> list[str]:
        return [r.text for r in self.records if isinstance(r, Progress) and r.index == index]

    def to(self, probe: str) -> list[Answered]:
        return [a for a in self.answers if a.answer.probe == probe]

    def only(self, probe: str) -> Answered:
        (answer,) = self.to(probe)
        return answer


def run_guest(
    folder: Path,
    cells: Sequence[str],
    probes: Sequence[Probe] = (),
    inputs: Mapping[str, np.ndarray] | None = None,
    limits: Limits | None = None,
    *,
    files: Mapping[str, str] | None = None,
    data: Path = Path("/nowhere"),
    again: Sequence[Retraining] = (),
) -> Stream:
    job, home = folder / "job", folder / "home"
    (job / "files").mkdir(parents=True)
    home.mkdir()
    for name, text in (files or {}).items():
        (job / "files" / name).write_text(text)
    if inputs:
        save_file(dict(inputs), job / "inputs.safetensors")
    spec = JobSpec(
        cells=tuple(JobCell(index=i, source=source) for i, source in enumerate(cells)),
        probes=tuple(probes),
        limits=limits or Limits(threads=1),
        seed=7,
        again=tuple(again),
    )
    (job / "job.json").write_text(spec.model_dump_json())
    done = subprocess.run(
        [sys.executable, "-I", "-B", str(GUEST), str(job), str(data)],
        cwd=home,
        env={
            "HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
        },
        capture_output=True,
        timeout=170,
        check=False,
    )
    stream = read(done.stdout)
    stream.code, stream.stderr = done.returncode, done.stderr.decode(errors="replace")
    stream.home = home
    return stream


def read(data: bytes) -> Stream:
    stream = Stream()
    while data:
        size, payload = struct.unpack(">II", data[:8])
        assert size <= MAX_HEADER_BYTES
        header = json.loads(data[8 : 8 + size], parse_constant=_refuse)
        record = _RECORD.validate_python(header)
        stream.records.append(record)
        if isinstance(record, AnswerGiven):
            assert isinstance(record.answer, _KINDS)
            arrays = load(data[8 + size : 8 + size + payload]) if payload else {}
            stream.answers.append(Answered(record.answer, arrays))
        else:
            assert payload == 0
        data = data[8 + size + payload :]
    return stream


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} in a record")
