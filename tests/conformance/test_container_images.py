"""Containers of an image of their own see nothing of this machine but their job."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import small_image
from sandbox_jobs import INTERPRETER, MIB, SMALL, Runner, answering_engine, make_job

from grader.domain.job import JobCell, JobSpec
from grader.errors import SandboxError
from grader.evidence.frames import FrameReader
from grader.sandbox.container import ContainerSandbox, Engine
from grader.sandbox.container.examine import MEASURED
from grader.sandbox.container.groups import shared_groups
from grader.sandbox.container.image import PYTHON
from grader.sandbox.interface import Job
from grader.sandbox.jobfolder import write_job


@dataclass(frozen=True)
class Loaded:
    """An engine that has the small image."""

    engine: Engine
    image: str


@pytest.fixture(scope="module", params=["docker", "podman"])
def loaded(request: pytest.FixtureRequest) -> Iterator[Loaded]:
    engine = answering_engine(request.param)
    name = f"grader-test-{uuid.uuid4().hex[:8]}"
    small_image.load(engine, name)
    yield Loaded(engine, name)
    engine.call("image", "rm", name)


@pytest.fixture
def inside(loaded: Loaded, tmp_path: Path) -> ContainerSandbox:
    return ContainerSandbox(
        loaded.engine,
        INTERPRETER,
        tmp_path / "runtime",
        image=loaded.image,
        groups=shared_groups(loaded.engine),
    )


def test_only_the_image_and_the_job_are_seen_and_the_facts_name_it(
    inside: ContainerSandbox, loaded: Loaded, tmp_path: Path
) -> None:
    script = """
        import json, os, sys
        places = ("/usr/bin/env", "/usr/share", "/usr/include", PREFIX)
        seen = [place for place in places if os.path.exists(place)]
        print(json.dumps([seen, sys.executable, sys.version_info[:2], os.getcwd()]))
    """
    ran = Runner(inside, tmp_path)(script.replace("PREFIX", repr(str(INTERPRETER.prefix))))
    assert ran.report == [[], str(PYTHON), [3, 11], "/home/student"]
    name, digest = (ran.end.facts.image or "").split()
    assert name == loaded.image
    assert digest.startswith("sha256:")


def test_an_image_made_anew_under_its_name_is_another_in_the_facts(
    inside: ContainerSandbox, loaded: Loaded, tmp_path: Path
) -> None:
    run = Runner(inside, tmp_path)
    before = run("print()").end.facts.image or ""
    small_image.load(loaded.engine, loaded.image)  # another moment of making
    assert run("print()").end.facts.image != before
    assert loaded.engine.call("image", "rm", before.split()[1]).ok


def test_a_missing_image_is_our_fault_and_says_what_to_do(loaded: Loaded, tmp_path: Path) -> None:
    sandbox = ContainerSandbox(loaded.engine, INTERPRETER, tmp_path / "runtime", image="no-such")
    with pytest.raises(SandboxError, match=r"asks for: build it .*image\.sh no-such") as raised:
        sandbox.run(make_job(tmp_path / "job", ""), lambda _: None)
    assert raised.value.code == "image_missing"


def test_the_time_that_a_container_takes_to_start_is_not_the_student_s(
    loaded: Loaded, tmp_path: Path
) -> None:
    """The engine starts nothing for 4 s, where the notebook's limits together are 3 s."""
    slow = tmp_path / "engine"
    slow.write_text(
        '#!/bin/sh\nfor word; do [ "$word" != start ] || sleep 4; done\n'
        f'exec {loaded.engine.program} "$@"\n'
    )
    slow.chmod(0o755)
    sandbox = ContainerSandbox(
        replace(loaded.engine, program=slow), INTERPRETER, tmp_path / "runtime"
    )
    (tmp_path / "job").mkdir()
    limits = SMALL.model_copy(
        update={"wall_seconds": 2, "grace_seconds": 1, "memory_bytes": 1024 * MIB}
    )
    cell = JobCell(index=0, source="done = True")
    write_job(tmp_path / "job", JobSpec(cells=(cell,), probes=(), limits=limits, seed=0), {}, None)
    out = bytearray()
    end = sandbox.run(Job(tmp_path / "job", None, limits), out.extend)
    assert end.stopped is None
    assert end.stderr == ""
    *_, last = FrameReader(limits.answer_bytes).feed(bytes(out))
    assert json.loads(last.header)["reason"] == "finished"


def test_a_doctor_tells_which_libraries_the_image_lacks(inside: ContainerSandbox) -> None:
    *works, libraries = inside.examine()
    assert all(finding.ok for finding in works)
    assert not libraries.ok
    assert not libraries.required
    assert all(f"{name} missing instead of" in libraries.found for name in MEASURED)
    assert "scripts/image.sh" in libraries.fix
