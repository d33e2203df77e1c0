from pathlib import Path

import pytest

from grader.domain.limits import Limits
from grader.errors import SandboxError
from grader.sandbox.fake import FakeSandbox
from grader.sandbox.interface import Job, Refused, Sandbox

JOB = Job(Path("/nowhere"), None, Limits())


def test_it_plays_its_chunks_in_order_and_remembers_the_job() -> None:
    fake = FakeSandbox([b"a", b"b"])
    sandbox: Sandbox = fake
    got: list[bytes] = []
    assert sandbox.run(JOB, got.append).stopped is None
    assert got == [b"a", b"b"]
    assert fake.jobs == [JOB]


def test_its_chunks_may_depend_on_the_job() -> None:
    got: list[bytes] = []
    FakeSandbox(lambda job: [bytes(job.folder)]).run(JOB, got.append)
    assert got == [b"/nowhere"]


def test_it_stops_at_a_refusal_as_a_real_one_does() -> None:
    def refuse(_: bytes) -> None:
        raise Refused("no", reason="evidence_broken")

    stopped = FakeSandbox([b"a", b"b"]).run(JOB, refuse).stopped
    assert stopped is not None
    assert (stopped.reason, stopped.message) == ("evidence_broken", "no")


def test_it_raises_the_error_that_it_was_given() -> None:
    with pytest.raises(SandboxError, match="broken"):
        FakeSandbox(ending=SandboxError("x", "broken")).run(JOB, lambda _: None)
