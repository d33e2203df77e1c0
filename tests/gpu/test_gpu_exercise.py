from pathlib import Path

import pytest

from grader import pipeline, scoring, wiring
from grader.domain.check import DictMemo
from grader.sandbox.gpu.device import Gpu
from grader.settings import Settings


@pytest.mark.usefixtures("mnist")
def test_the_whole_exercise_earns_on_a_gpu_what_it_earns_on_the_cpu(
    gpu: Gpu, tmp_path: Path
) -> None:
    settings = Settings(state_dir=tmp_path, runtime_dir=tmp_path / "run")
    assignment = scoring.load("cnn")
    assert assignment.solution is not None
    submission = pipeline.read(assignment, assignment.solution.read_bytes(), "solution.ipynb")
    limits = wiring.limits(assignment.limits)
    bench = wiring.bench(settings, assignment, wiring.sandbox(settings), DictMemo(), limits)
    report = pipeline.grade(assignment, submission, bench).report
    assert report.run.gpu is not None
    assert report.run.gpu.name == gpu.name
    assert [c.error for c in report.run.cells if c.error] == []
    assert report.earned == 89
    assert report.run.gpu.peak_memory_bytes
