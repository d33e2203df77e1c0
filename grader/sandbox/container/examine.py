"""What `grader doctor` says about this backend: each finding with the exact fix."""

from grader.sandbox.bubblewrap.examine import Runs, trial
from grader.sandbox.container.engine import Engine
from grader.sandbox.interface import Finding

_STARTS = {
    "docker": "start the engine: systemctl start docker",
    "podman": "podman info says what it lacks",
}


def examine(sandbox: Runs, engine: Engine) -> tuple[Finding, ...]:
    """The engine answers, and a container of a guest that says "ok" starts."""
    answers = answering(engine)
    return (answers, trial(sandbox)) if answers.ok else (answers,)


def answering(engine: Engine) -> Finding:
    """The engine's own version, which needs its daemon where it has one."""
    asked = {"docker": "{{.Server.Version}}", "podman": "{{.Client.Version}}"}[engine.kind]
    said = engine.call("version", "--format", asked)
    found = said.out.decode(errors="replace").strip() if said.ok else said.err
    return Finding(
        name=engine.kind, ok=said.ok, found=found, fix="" if said.ok else _STARTS[engine.kind]
    )
