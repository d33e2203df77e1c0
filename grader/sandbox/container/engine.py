"""Docker or podman, by its command line."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from grader.errors import SandboxError
from grader.sandbox.linux.mounts import may_mount

SECONDS = 60.0
"""What one call of the command line may take; pulling an image is none of them."""
_KEPT = ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "CONTAINER_HOST")
"""Variables that the client needs; the container gets none of them."""

GVISOR = "runsc"
"""gVisor's runtime: a kernel of its own in user space."""
GVISOR_THREADS, GVISOR_THREADS_EACH = 960, 32
"""What gVisor needs for itself, and for each process of the guest: its own threads count as well,
and it dies of a thread that it does not get. 40 processes started one after the other made 390
threads at most, all at once 1513."""
_GVISOR_FLAGS = ("--runtime-flag", "network=none", "--runtime-flag", "oci-seccomp")
"""gVisor must be told that there is no network, and that the system call filter counts for it."""

Kind = Literal["docker", "podman"]
KINDS: tuple[Kind, ...] = ("docker", "podman")


def is_gvisor(runtime: str | None) -> bool:
    """Whether containers of that OCI runtime, a name or a path, have gVisor for a kernel."""
    return runtime is not None and Path(runtime).name == GVISOR


def counted(runtime: str | None, processes: int) -> int:
    """What control groups must allow, so that a guest gets that many processes."""
    if not is_gvisor(runtime):
        return processes
    return GVISOR_THREADS + processes * (1 + GVISOR_THREADS_EACH)


@dataclass(frozen=True)
class Said:
    """What a call of the command line gave."""

    code: int
    out: bytes
    err: str

    @property
    def ok(self) -> bool:
        """It ended without an error."""
        return self.code == 0


@dataclass(frozen=True)
class Engine:
    """A container engine.

    Attributes:
        kind: whose options it takes.
        program: its command line.
        runtime: OCI runtime, such as ``runsc``; None: the engine's own choice.
    """

    kind: Kind
    program: Path
    runtime: str | None = None

    @property
    def counts_files(self) -> bool:
        """It bounds the number of files of a tmpfs that it mounts: podman 4.3 has no word for it.

        gVisor has its tmpfs in itself, whoever starts it, and counts the bytes alone.
        """
        return self.kind == "docker" and not is_gvisor(self.runtime)

    @property
    def sees_our_mounts(self) -> bool:
        """It shows containers what we mount.

        Not so podman elsewhere, or one that must make a namespace of mounts for itself; and gVisor
        would have each file handled by a helper on the host.
        """
        here = self.kind == "podman" and "CONTAINER_HOST" not in self.environment
        return here and may_mount() and not is_gvisor(self.runtime)

    def group_of(self, container: str) -> str:
        """The name of a container's own control group, given its id."""
        return container if self.kind == "docker" else f"libpod-{container}"

    @property
    def environment(self) -> dict[str, str]:
        """For the client: how to reach the engine, and nothing else of ours."""
        return {name: os.environ[name] for name in _KEPT if name in os.environ}

    def command(self, *words: str) -> list[str]:
        """The argument vector of a call."""
        if self.kind == "podman" and self.runtime is not None:
            flags = _GVISOR_FLAGS if is_gvisor(self.runtime) else ()
            return [str(self.program), "--runtime", self.runtime, *flags, *words]
        return [str(self.program), *words]

    def call(self, *words: str, given: bytes | None = None, seconds: float = SECONDS) -> Said:
        """Run a call to its end.

        Raises:
            SandboxError: the program is gone, or it does not answer.
        """
        try:
            done = subprocess.run(  # noqa: S603 - the path is ours, the words are no shell's
                self.command(*words),
                input=given,
                stdin=subprocess.DEVNULL if given is None else None,
                capture_output=True,
                timeout=seconds,
                env=self.environment,
                cwd="/",
                check=False,
            )
        except OSError as error:
            raise SandboxError("no_engine", f"{self.program}: {error}") from error
        except subprocess.TimeoutExpired as error:
            raise SandboxError(
                "engine_silent", f"{self.kind} {words[0]} did not answer within {seconds:g} s"
            ) from error
        return Said(done.returncode, done.stdout, done.stderr.decode(errors="replace").strip())

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a call whose answer nobody needs. Raises SandboxError where the program is gone."""
        try:
            return subprocess.Popen(  # noqa: S603 - the path is ours, the words are no shell's
                self.command(*words),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=self.environment,
                cwd="/",
            )
        except OSError as error:
            raise SandboxError("no_engine", f"{self.program}: {error}") from error


def installed(runtime: str | None = None) -> Iterator[Engine]:
    """The engines whose command line this machine has."""
    for kind in KINDS:
        found = shutil.which(kind)
        if found is not None:
            yield Engine(kind, Path(found), runtime)
