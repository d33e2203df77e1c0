"""Builds sandboxes and finds GPUs."""

from grader.errors import SandboxError
from grader.sandbox import Finding, Sandbox, backends
from grader.sandbox.gpu.health import Health, self_test
from grader.sandbox.gpu.leases import Gpus
from grader.sandbox.gpu.leasing import Leasing
from grader.sandbox.gpu.nvml import Nvml
from grader.sandbox.trusting import TrustingSandbox
from grader.settings import Settings

SANDBOXES = ("auto", *backends.NAMES)


def sandbox(settings: Settings, name: str = "auto") -> Sandbox:
    """The sandbox of that name; ``auto`` takes the strongest that works here.

    Raises:
        SandboxError: it does not work on this machine; says what is missing and how to fix it.
    """
    if name not in SANDBOXES:
        raise SandboxError(
            "unknown_sandbox", f"there is no sandbox {name!r}, only: {', '.join(SANDBOXES)}"
        )
    if name == "auto":
        return _leasing(settings, backends.strongest(settings.runtime_dir, _containers(settings)))
    found = backends.backend(name, settings.runtime_dir, _containers(settings))
    backends.require(found)
    return _leasing(settings, found)


def no_sandbox(settings: Settings) -> Sandbox:
    """What runs a notebook unprotected; nobody gets it but who asked for it in so many words."""
    return _leasing(settings, TrustingSandbox.here(settings.runtime_dir))


def _containers(settings: Settings) -> backends.Containers:
    return backends.Containers(settings.oci_runtime, settings.image, settings.waiting)


def _leasing(settings: Settings, box: Sandbox) -> Sandbox:
    return Leasing(box, gpus(settings))


def gpus(settings: Settings) -> Gpus:
    """The GPUs of this machine."""
    folder = settings.runtime_dir / "gpus"
    health = Health(folder, self_test)
    return Gpus(folder, Nvml(), health, settings.gpu_shares, settings.mps_pipes)


def sandbox_findings(settings: Settings) -> dict[str, tuple[Finding, ...]]:
    """How each backend stands, for `grader doctor`."""
    return {name: _findings(settings, name) for name in backends.NAMES}


def _findings(settings: Settings, name: str) -> tuple[Finding, ...]:
    try:
        found = backends.backend(name, settings.runtime_dir, _containers(settings))
        return found.examine()
    except SandboxError as error:
        return (Finding(name=name, ok=False, found=str(error)),)
