"""What `grader doctor` says about this backend: each finding with the exact fix."""

import json
from importlib.metadata import PackageNotFoundError, version

from grader.errors import SandboxError
from grader.sandbox.bubblewrap.examine import Runs, hear, number_of_files, trial
from grader.sandbox.container.engine import Engine
from grader.sandbox.interface import Finding

_STARTS = {
    "docker": "start the engine: systemctl start docker",
    "podman": "podman info says what it lacks",
}
_COUNTS = "grade as root, with podman on this machine and without gVisor"


MEASURED = ("numpy", "scipy", "torch", "torchvision")
"""Libraries with whose versions on this machine the tolerances and accuracies were measured."""
_VERSIONS = """
import importlib.metadata as metadata, json
found = {}
for name in %r:
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        found[name] = None
print(json.dumps(found))
"""


def examine(
    sandbox: Runs, engine: Engine, image: str | None, *, files_counted: bool
) -> tuple[Finding, ...]:
    """The engine answers, and a container of a guest that says "ok" starts.

    Args:
        sandbox: what is tried out.
        engine: whose containers.
        image: name of the image that was chosen; None: the skeleton, which holds what is here.
        files_counted: a run may make a number of files.
    """
    answers = answering(engine)
    if not answers.ok:
        return (answers,)
    files = number_of_files(counted=files_counted, fix=_COUNTS)
    found = (answers, files, trial(sandbox))
    if image is None or not found[-1].ok:
        return found
    return (*found, same_versions(sandbox, image))


def same_versions(sandbox: Runs, image: str) -> Finding:
    """The image has the libraries that are here: others compute slightly other numbers."""
    name = f"libraries of {image}"
    try:
        inside = json.loads(hear(sandbox, _VERSIONS % (MEASURED,)).said)
    except (SandboxError, OSError, ValueError) as error:
        return Finding(name=name, ok=False, found=str(error), required=False)
    others = [
        f"{library} {inside.get(library) or 'missing'} instead of {here}"
        for library in MEASURED
        if (here := _here(library)) != inside.get(library)
    ]
    return Finding(
        name=name,
        ok=not others,
        found=", ".join(others) or "the same as here",
        fix="build it anew: scripts/lock_image.py, then scripts/image.sh",
        required=False,
    )


def _here(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def answering(engine: Engine) -> Finding:
    """The engine's own version, which needs its daemon where it has one."""
    asked = {"docker": "{{.Server.Version}}", "podman": "{{.Client.Version}}"}[engine.kind]
    said = engine.call("version", "--format", asked)
    found = said.out.decode(errors="replace").strip() if said.ok else said.err
    return Finding(
        name=engine.kind, ok=said.ok, found=found, fix="" if said.ok else _STARTS[engine.kind]
    )
