"""Every backend by its name, and the strongest of those that work here."""

import sys
from collections.abc import Iterator
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox.bubblewrap import BubblewrapSandbox, Interpreter
from grader.sandbox.container import ContainerSandbox, installed
from grader.sandbox.container.engine import GVISOR
from grader.sandbox.container.groups import shared_groups
from grader.sandbox.interface import Finding, Sandbox
from grader.sandbox.warm import WarmSandbox

NAMES = ("bubblewrap", "docker", "podman", "warm")


def backend(name: str, runtime_dir: Path, oci_runtime: str | None) -> Sandbox:
    """The backend of that name, whether it works here or not.

    Args:
        name: one of `NAMES`.
        runtime_dir: folder of locks, the same for all graders of a user on a machine.
        oci_runtime: for containers, such as ``runsc``; None: the engine's own choice.

    Raises:
        SandboxError: there is no such program here.
    """
    if name == "bubblewrap":
        return BubblewrapSandbox.here(runtime_dir)
    if name == "warm":
        return WarmSandbox.here(runtime_dir)
    for engine in installed(oci_runtime):
        if engine.kind == name:
            here = Interpreter(Path(sys.prefix), Path(sys.base_prefix))
            groups = shared_groups(engine)
            return ContainerSandbox(engine, here, runtime_dir, groups=groups)
    raise SandboxError("no_engine", f"{name} is not installed: apt-get install {_PACKAGES[name]}")


def strongest(runtime_dir: Path, oci_runtime: str | None) -> Sandbox:
    """The first that works: containers of another kernel (gVisor), bubblewrap, other containers.

    Raises:
        SandboxError: none does; says what each lacks.
    """
    engines = ("docker", "podman")
    order = (*engines, "bubblewrap") if oci_runtime == GVISOR else ("bubblewrap", *engines)
    reasons: list[str] = []
    for name in order:
        try:
            found = backend(name, runtime_dir, oci_runtime)
            require(found)
        except SandboxError as error:
            reasons.append(str(error))
        else:
            return found
    raise SandboxError("no_sandbox", "; ".join(reasons))


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
