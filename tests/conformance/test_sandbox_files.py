"""How many files a run may make: a tmpfs without a number takes the machine's memory for inodes."""

import pytest
from sandbox_jobs import MIB, Runner

from grader.sandbox.container import ContainerSandbox
from grader.sandbox.linux.mounts import may_mount

pytestmark = pytest.mark.usefixtures("needs_bubblewrap")

MANY = """
    import errno, json, os
    made = {{}}
    for place in {places!r}:
        try:
            for number in range(20_000):
                os.close(os.open(f"{{place}}/{{number}}", os.O_CREAT))
        except OSError as error:
            made[place] = [number, errno.errorcode[error.errno]]
    print(json.dumps(made))
"""


def counts_files(run: Runner) -> bool:
    """Where we may mount, every backend; but gVisor, whose tmpfs is its own."""
    if run.sandbox.name.endswith("runsc"):
        return False
    if isinstance(run.sandbox, ContainerSandbox) and run.sandbox.engine.kind == "docker":
        return True
    return may_mount() or run.sandbox.name == "warm"


def test_a_tmpfs_holds_a_number_of_files_or_the_facts_warn(run: Runner) -> None:
    places = ["/tmp", "/home/student", "/dev/shm"]
    ran = run(MANY.format(places=places), tmp_bytes=16 * MIB)
    assert ("bounded_files" in ran.end.facts.protections) == counts_files(run)
    if not counts_files(run):
        assert any("number of files" in warning for warning in ran.end.facts.warnings)
        return
    for place in places:
        number, error = ran.report[place]
        assert number < 16 * MIB // 4096
        assert error == "ENOSPC"
