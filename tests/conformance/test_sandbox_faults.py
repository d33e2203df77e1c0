"""What is ours is a SandboxError with a code; what is the guest's is a value."""

import os
import sys
from pathlib import Path

import pytest
from sandbox_jobs import SMALL, Runner, make_job

from grader.errors import SandboxError
from grader.sandbox.bubblewrap import BubblewrapSandbox, Interpreter
from grader.sandbox.interface import Job, Sandbox

pytestmark = pytest.mark.usefixtures("needs_bubblewrap")

INTERPRETER = Interpreter(Path(sys.prefix), Path(sys.base_prefix))


def code_of(sandbox: Sandbox, job: Job) -> str:
    with pytest.raises(SandboxError) as raised:
        sandbox.run(job, lambda _: None)
    return raised.value.code


def test_a_machine_that_can_grade_is_found_to_be_able(sandbox: Sandbox) -> None:
    found = sandbox.examine()
    assert [f for f in found if f.required and not f.ok] == []
    assert found[-1].name == "a sandbox starts"


@pytest.mark.parametrize("code", [0, 1, 137])
def test_a_guest_that_ends_by_itself_is_not_stopped(run: Runner, code: int) -> None:
    assert run(f"import os; os._exit({code})").end.stopped is None


def test_a_guest_that_kills_itself_ended_by_itself(run: Runner) -> None:
    ran = run("import os; os.kill(os.getpid(), 9)")
    assert ran.end.stopped is None
    assert ran.end.facts.oom_kills == 0


def test_a_forged_message_of_bubblewrap_is_not_believed(run: Runner) -> None:
    forged = "bwrap: No permissions to create new namespace"
    ran = run(f"import os; os.write(2, {forged.encode()!r}); os._exit(1)")
    assert ran.end.stopped is None
    assert ran.end.stderr == forged


def test_a_missing_job_folder_is_our_fault(sandbox: Sandbox, tmp_path: Path) -> None:
    assert code_of(sandbox, Job(tmp_path / "nowhere", None, SMALL)) == "source_missing"
    job = make_job(tmp_path / "job", "", data=tmp_path / "no-data")
    assert code_of(sandbox, job) == "source_missing"


def test_a_job_folder_that_the_slot_user_cannot_read_is_our_fault(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("the sandbox runs as us")
    job = make_job(tmp_path / "job", "")
    job.folder.chmod(0o700)
    assert code_of(sandbox, job) == "source_unreadable"


def test_a_missing_bubblewrap_is_our_fault(tmp_path: Path) -> None:
    sandbox = BubblewrapSandbox(INTERPRETER, tmp_path / "runtime", bwrap=None, groups=None)
    assert code_of(sandbox, make_job(tmp_path / "job", "")) == "no_bubblewrap"
    broken = [finding.name for finding in sandbox.examine() if not finding.ok]
    uncounted = [] if os.geteuid() == 0 else ["number of files"]
    assert broken == ["bubblewrap", "control groups", *uncounted]


def test_an_interpreter_that_does_not_start_is_our_fault(tmp_path: Path) -> None:
    prefix = tmp_path / "venv"
    (prefix / "bin").mkdir(parents=True)
    (prefix / "bin" / "python").symlink_to("/usr/bin/no-such-python")
    here = BubblewrapSandbox.here(tmp_path / "runtime")
    sandbox = BubblewrapSandbox(
        Interpreter(prefix, Path("/usr")), tmp_path / "runtime", bwrap=here.bwrap, groups=None
    )
    assert code_of(sandbox, make_job(tmp_path / "job", "")) == "interpreter_unreachable"


def test_a_program_that_is_no_bubblewrap_is_our_fault(tmp_path: Path) -> None:
    for program, code in (("/usr/bin/false", "unrecognised"), ("/no/bwrap", "launcher_failed")):
        sandbox = BubblewrapSandbox(
            INTERPRETER, tmp_path / "runtime", bwrap=Path(program), groups=None
        )
        assert code_of(sandbox, make_job(tmp_path / f"job-{code}", "")) == code


def test_a_run_in_a_closed_sandbox_ends_at_once(tmp_path: Path) -> None:
    sandbox = BubblewrapSandbox.here(tmp_path / "runtime")
    job = make_job(tmp_path / "job", "import time; print('here', flush=True); time.sleep(600)")

    with pytest.raises(SandboxError, match="closed") as raised:
        sandbox.run(job, lambda _: sandbox.close())
    assert raised.value.code == "closed"
    assert code_of(sandbox, job) == "closed"
