"""Every backend by its name, and the strongest of those that work here."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox.bubblewrap import BubblewrapSandbox, Interpreter
from grader.sandbox.container import ContainerSandbox, installed
from grader.sandbox.container.engine import KINDS, is_gvisor
from grader.sandbox.container.groups import shared_groups
from grader.sandbox.interface import Finding, Sandbox
from grader.sandbox.pool import Pool
from grader.sandbox.warm import WarmSandbox

NAMES = ("bubblewrap", "docker", "podman", "warm")


@dataclass(frozen=True)
class Containers:
    """How containers are made.

    Attributes:
        runtime: OCI runtime, such as ``runsc``; None: the engine's own choice.
        image: name of an image of the project's Dockerfile; None: this machine's system and Python
            environment are bound into an empty one.
        waiting: how many are kept waiting for notebooks, with the libraries imported.
    """

    runtime: str | None = None
    image: str | None = None
    waiting: int = 0


def backend(name: str, runtime_dir: Path, containers: Containers) -> Sandbox:
    """The backend of that name, whether it works here or not.

    Args:
        name: one of `NAMES`.
        runtime_dir: folder of locks, the same for all graders of a user on a machine.
        containers: for those backends that are container engines.

    Raises:
        SandboxError: there is no such program here.
    """
    if name == "bubblewrap":
        return BubblewrapSandbox.here(runtime_dir)
    if name == "warm":
        return WarmSandbox.here(runtime_dir)
    for engine in installed(containers.runtime):
        if engine.kind == name:
            here = Interpreter(Path(sys.prefix), Path(sys.base_prefix))
            groups = shared_groups(engine)
            box = ContainerSandbox(engine, here, runtime_dir, image=containers.image, groups=groups)
            return Pool(box, containers.waiting) if containers.waiting else box
    raise SandboxError("no_engine", f"{name} is not installed: apt-get install {_PACKAGES[name]}")


def strongest(runtime_dir: Path, containers: Containers) -> Sandbox:
    """The first that works: containers of another kernel (gVisor), bubblewrap, other containers.

    Where an image was chosen only containers are tried: nothing else would run in it.

    Raises:
        SandboxError: none does; says what each lacks.
    """
    reasons: list[str] = []
    for name in order(containers):
        try:
            found = backend(name, runtime_dir, containers)
            require(found)
        except SandboxError as error:
            reasons.append(str(error))
        else:
            return found
    raise SandboxError("no_sandbox", "; ".join(reasons))


def order(containers: Containers) -> tuple[str, ...]:
    """Names of backends, the strongest first."""
    if containers.image is not None:
        return KINDS
    return (*KINDS, "bubblewrap") if is_gvisor(containers.runtime) else ("bubblewrap", *KINDS)


def require(sandbox: Sandbox) -> None:
    """Nothing, where the sandbox works.

    Raises:
        SandboxError: it does not; says what is missing and how to fix it.
    """
    broken = list(_broken(sandbox.examine()))
    if broken:
        raise SandboxError("no_sandbox", f"{sandbox.name} does not work here: {'; '.join(broken)}")


def _broken(findings: tuple[Finding, ...]) -> Iterator[str]:
    for found in findings:
        if found.required and not found.ok:
            yield f"{found.name}: {found.found}" + (f" ({found.fix})" if found.fix else "")


_PACKAGES = {"docker": "docker.io", "podman": "podman"}
