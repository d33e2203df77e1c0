"""Starts the launcher, which becomes bubblewrap: empty environment, chosen descriptors."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from grader.domain.limits import Limits
from grader.errors import SandboxError
from grader.sandbox.bubblewrap.command import (
    GROUP,
    PASSWD,
    STAGED_TERMINALS,
    WRITABLE,
    Files,
    View,
)
from grader.sandbox.bubblewrap.fault import death, own_namespaces
from grader.sandbox.bubblewrap.seccomp import filter_for_this_machine
from grader.sandbox.interface import Job
from grader.sandbox.linux.cgroup_files import PATIENCE
from grader.sandbox.linux.layout import (
    TERMINALS,
    Interpreter,
    bounds,
    checkouts,
    installed,
    job_binds,
)
from grader.sandbox.linux.pump import Streams
from grader.sandbox.linux.running import Seen, Told

LAUNCHER = Path(__file__).with_name("launcher.py")
STAGE = Path("/tmp")  # noqa: S108 - every user may enter it; mounted over, in a namespace of its own
MIB = 1024**2


def rlimits(limits: Limits, *, memory_held: bool) -> dict[int, int]:
    """Limits of each single process, number -> value.

    No RLIMIT_AS: importing torch's CUDA build takes 4 GB of addresses. RLIMIT_DATA only where no
    control group holds memory; it does not count shared mappings.
    """
    wanted = {
        resource.RLIMIT_CORE: 1,  # see `seccomp.CORE`
        resource.RLIMIT_NOFILE: 1024,
        resource.RLIMIT_MEMLOCK: 8 * MIB,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: 1024,
    }
    if not memory_held:
        wanted[resource.RLIMIT_DATA] = limits.memory_bytes
    return wanted


@contextmanager
def prepared_files() -> Iterator[tuple[Files, int]]:
    """Descriptors for bubblewrap, and the reading end of its status pipe, which the caller owns."""
    with ExitStack() as stack:
        status_read, status_write = os.pipe()
        stack.callback(os.close, status_write)
        try:
            files = Files(
                seccomp=_memory_file(stack, "seccomp", filter_for_this_machine()),
                passwd=_memory_file(stack, "passwd", PASSWD.encode()),
                group=_memory_file(stack, "group", GROUP.encode()),
                status=status_write,
            )
            yield files, status_read
        except BaseException:
            os.close(status_read)
            raise


def _memory_file(stack: ExitStack, name: str, content: bytes) -> int:
    descriptor = os.memfd_create(name)
    stack.callback(os.close, descriptor)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def view_of(job: Job, interpreter: Interpreter, mask: Path, *, other_user: bool) -> View:
    """What a job's guest sees here; `mask` is shown in place of our packages.

    Raises:
        SandboxError: a folder of the job is missing, or that other user could not read it.
    """
    return View(
        environment=interpreter.binds,
        emptied=checkouts(interpreter),
        masked=installed(interpreter),
        mask=mask,
        job=job_binds(job, other_user=other_user),
    )


def staged(view: View) -> tuple[View, dict[Path, str]]:
    """The view with its sources below `STAGE`, and under which names the launcher binds them."""
    names = {source: str(number) for number, source in enumerate(view.sources)}
    moved = view.moved({source: STAGE / name for source, name in names.items()})
    return moved, names


def scratch(user: int, tmp_bytes: int) -> dict[str, str]:
    """What the launcher mounts for `WRITABLE`: name below `STAGE` -> options of its tmpfs."""
    options = f"{bounds(tmp_bytes)},uid={user},gid={user}"
    return {place.name: f"mode={place.mode},{options}" for place in WRITABLE}


@dataclass(frozen=True)
class Plan:
    """What the launcher does, in its words; see `launcher`.

    Attributes:
        join: files by which to enter control groups.
        rlimits: number -> value.
        user: uid to become, or None.
        stage: source -> name below `STAGE`; only with a user.
        scratch: name below `STAGE` -> options of a tmpfs; only with a user.
        command: what to become.
    """

    join: tuple[Path, ...]
    rlimits: Mapping[int, int]
    user: int | None
    stage: Mapping[Path, str]
    command: tuple[str, ...]
    scratch: Mapping[str, str] = field(default_factory=dict)

    def arguments(self, parent: int) -> list[str]:
        """The launcher's arguments."""
        words = ["--parent", str(parent)]
        for file in self.join:
            words += ["--join", str(file)]
        for number, value in self.rlimits.items():
            words += ["--rlimit", str(number), str(value)]
        if self.user is not None:
            words += ["--user", str(self.user), "--stage-at", str(STAGE)]
            words += ["--terminals", STAGED_TERMINALS, TERMINALS]
        for source, name in self.stage.items():
            words += ["--stage", str(source), name]
        for name, options in self.scratch.items():
            words += ["--scratch", name, options]
        return [*words, "--", *self.command]


@dataclass(frozen=True)
class Started:
    """The launcher, or what it has become; its process leads a group of the same number."""

    process: subprocess.Popen[bytes]
    streams: Streams

    def kill(self) -> None:
        """SIGKILL, from any thread; by descriptor, so that it never hits an id used anew."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.streams.ended, signal.SIGKILL)

    def end(self) -> None:
        """Kill it and wait for it; only in the thread that started it.

        Raises:
            SandboxError: it survives that.
        """
        self.kill()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise SandboxError("still_alive", "the launched process survives SIGKILL") from error

    def close(self) -> None:
        """Close what `streams` holds; the process must have ended and been waited for."""
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        if self.streams.status is not None:
            os.close(self.streams.status)
        os.close(self.streams.ended)


class Launched(Started):
    """A run in bubblewrap."""

    def seen(self, told: Told) -> Seen:
        """See `Run`."""
        ended = death(told, self.process.returncode)
        return Seen(ended, told.usage, own_namespaces(told.status))


_Run = TypeVar("_Run", bound=Started)


def launch(
    run: type[_Run], plan: Plan, inherited: Sequence[int] = (), status: int | None = None
) -> _Run:
    """Start the launcher, in the calling thread.

    The kernel kills the run when this *thread* ends (PR_SET_PDEATHSIG): call it in the thread that
    then waits for the run.

    Args:
        run: what is made of it.
        plan: what it does.
        inherited: descriptors for what it becomes.
        status: where that tells its status, which the run then owns; None: nowhere.

    Raises:
        SandboxError: no process could be started.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", "-S", "-B", str(LAUNCHER), *plan.arguments(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd="/",
            env={},
            pass_fds=inherited,
            start_new_session=True,  # a terminal's Ctrl-C is for the grader, which then ends runs
        )
    except OSError as error:
        raise SandboxError("no_process", f"the launcher could not be started: {error}") from error
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        ended = os.pidfd_open(process.pid)
    except OSError as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise SandboxError("no_process", f"no descriptor of the launcher: {error}") from error
    results, stderr = process.stdout.fileno(), process.stderr.fileno()
    return run(process, Streams(results, stderr, status, ended))
