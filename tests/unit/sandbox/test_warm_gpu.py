"""A run with a GPU is no fork's: torch reads its share when it is imported."""

import sys
from pathlib import Path

import pytest
from gpu_examples import FIRST

from grader.domain.limits import Limits
from grader.errors import SandboxError
from grader.sandbox.fake import FakeSandbox
from grader.sandbox.gpu.device import Lease
from grader.sandbox.gpu.driver import FakeDriver
from grader.sandbox.gpu.watch import Watched
from grader.sandbox.interface import Job
from grader.sandbox.linux.layout import Interpreter
from grader.sandbox.warm import WarmSandbox

HERE = Interpreter(Path(sys.prefix), Path(sys.base_prefix))


def leased(folder: Path) -> Job:
    lease = Lease(FIRST, share=1, shares=1, mps=None)
    watched = Watched(lease, FakeDriver((FIRST,)), before=0)
    return Job(folder, None, Limits(threads=1), leased=watched)


def test_a_job_with_a_gpu_is_run_cold(tmp_path: Path) -> None:
    cold, job, out = FakeSandbox(chunks=[b"cold"]), leased(tmp_path), bytearray()
    end = WarmSandbox(HERE, tmp_path, groups=None, cold=cold).run(job, out.extend)
    assert (end.facts.sandbox, cold.jobs, out) == ("fake", [job], b"cold")


def test_a_job_with_a_gpu_is_refused_where_nothing_runs_cold(tmp_path: Path) -> None:
    with pytest.raises(SandboxError) as raised:
        WarmSandbox(HERE, tmp_path, groups=None).run(leased(tmp_path), lambda _: None)
    assert raised.value.code == "warm_gpu"


def test_closing_closes_what_runs_cold(tmp_path: Path) -> None:
    cold = FakeSandbox()
    WarmSandbox(HERE, tmp_path, groups=None, cold=cold).close()
    assert cold.closed
