"""Records anew what the stub sandbox plays back, after a change of the guest or the assignment::

PYTHONPATH=tests .venv/bin/python -m service_stubs.record
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from grader import pipeline, scoring, wiring
from grader.domain.check import DictMemo
from grader.domain.report import ScoreReport
from grader.sandbox import Finding, Job, Receive, RunEnd, Sandbox
from grader.settings import Settings
from service_stubs import ASSIGNMENT
from service_stubs.notebooks import notebook
from service_stubs.sandbox import RECORDED


class Recorder:
    """A sandbox around another one, which keeps what it hands out."""

    def __init__(self, inner: Sandbox) -> None:
        self._inner, self.name = inner, inner.name
        self.heard = b""

    def examine(self) -> tuple[Finding, ...]:
        return self._inner.examine()

    def run(self, job: Job, receive: Receive) -> RunEnd:
        def hear(chunk: bytes) -> None:
            self.heard += chunk
            receive(chunk)

        return self._inner.run(job, hear)

    def close(self) -> None:
        self._inner.close()


def record(*, right: bool) -> tuple[bytes, ScoreReport]:
    """What a run of the notebook in bubblewrap yields, and its report."""
    assignment = scoring.load(str(ASSIGNMENT))
    with TemporaryDirectory() as folder:
        settings = Settings(state_dir=Path(folder), runtime_dir=Path(folder) / "run")
        recorder = Recorder(wiring.sandbox(settings, "bubblewrap"))
        bench = wiring.bench(settings, assignment, recorder, DictMemo(), assignment.limits)
        submission = pipeline.read(assignment, notebook(right=right), "stub.ipynb")
        report = pipeline.grade(assignment, submission, bench).report
        return recorder.heard, report


if __name__ == "__main__":
    for right in (True, False):
        heard, report = record(right=right)
        (RECORDED / ("right.bin" if right else "wrong.bin")).write_bytes(heard)
        print(f"right={right}: {len(heard)} bytes, {report.earned} of {report.possible}")  # noqa: T201 - a script
