"""What a killed grader leaves of its containers, and the next one sweeps up."""

import json
import subprocess
import sys
import uuid
from functools import partial
from pathlib import Path

import pytest
from sandbox_jobs import (
    INTERPRETER,
    Runner,
    answering_engine,
    control_groups,
    make_job,
    processes_named,
)

from grader.sandbox.container import ContainerSandbox
from grader.sandbox.container.command import BOOT, MACHINE
from grader.sandbox.container.engine import KINDS, Kind
from grader.sandbox.container.groups import shared_groups
from grader.sandbox.container.image import chosen
from grader.sandbox.container.run import labels

pytestmark = pytest.mark.usefixtures("needs_bubblewrap")

HOST = """
import json, os, sys
from pathlib import Path
from grader.domain.limits import Limits
from grader.sandbox.backends import Containers, backend
from grader.sandbox.interface import Job

kind, runtime, folder, limits = sys.argv[1:]
job = Job(Path(folder), None, Limits(**json.loads(limits)))
backend(kind, Path(runtime), Containers()).run(job, lambda said: os.write(1, said))
"""
STAYS = """
    import os, sys
    os.write(1, b"up")
    os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", {word!r}])
"""


def mounts_named(label: str) -> list[str]:
    """Where this machine has mounts of graders that share a runtime folder."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line.split()[4] for line in lines if label in line.split()[4]]


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_left_before_this_machine_was_started_anew_is_swept_whatever_its_folder_was(
    tmp_path: Path, kind: Kind
) -> None:
    engine = answering_engine(kind)
    sandbox = ContainerSandbox(engine, INTERPRETER, tmp_path / "runtime")
    assert Runner(sandbox, tmp_path / "first")("print('ok')").out == b"ok\n"  # and its image
    image = chosen(engine, None, INTERPRETER.python).digest
    own, word = labels("of-a-folder-that-is-gone"), uuid.uuid4().hex[:8]
    made = {
        f"grader-{word}-0": {**own, BOOT: "before"},
        f"grader-{word}-1": own,
        f"grader-{word}-2": {**own, BOOT: "another's", MACHINE: "another"},
    }
    try:
        for name, carried in made.items():
            marks = [w for label in carried.items() for w in ("--label", "=".join(label))]
            assert engine.call("create", "--name", name, *marks, image, "true").ok
        later = ContainerSandbox(engine, INTERPRETER, tmp_path / "later")
        assert Runner(later, tmp_path / "second")("print('ok')").out == b"ok\n"
        listed = engine.call("ps", "--all", "--format", "{{.Names}}").out.decode().split()
        assert set(made) & set(listed) == {f"grader-{word}-1", f"grader-{word}-2"}
    finally:
        for name in made:
            engine.call("rm", "--force", name)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_killed_grader_leaves_is_swept_unless_its_slot_is_held(
    request: pytest.FixtureRequest, tmp_path: Path, kind: Kind
) -> None:
    engine = answering_engine(kind)
    word, runtime = uuid.uuid4().hex, tmp_path / "runtime"
    runtime.mkdir()
    job = make_job(tmp_path / "job", STAYS.format(word=word))

    def grader() -> ContainerSandbox:
        return ContainerSandbox(engine, INTERPRETER, runtime, groups=shared_groups(engine))

    another = grader()
    # Where the sweep fails, this test does not leave it behind either.
    request.addfinalizer(partial(another._remove, f"grader-{another.slots.label}-1"))
    left = 3 if engine.sees_our_mounts else 0
    limits = json.dumps(job.limits.model_dump())
    words = [sys.executable, "-c", HOST, kind, str(runtime), str(job.folder), limits]
    with another.slots.hold(), subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read(2) == b"up"  # in the second slot, since we hold the first
        process.kill()
    assert len(mounts_named(another.slots.label)) == left
    with another.slots.hold(), another.slots.hold():
        assert Runner(another, tmp_path / "beside")("print('ok')").out == b"ok\n"
        assert len(mounts_named(another.slots.label)) == left
        assert processes_named(word)
    assert Runner(grader(), tmp_path / "later")("print('ok')").out == b"ok\n"
    assert mounts_named(another.slots.label) == []
    assert control_groups(another.slots.label) == frozenset()
    assert processes_named(word) == []
