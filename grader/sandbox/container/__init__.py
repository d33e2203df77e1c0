"""Sandboxes by a container engine: Docker or podman, with any OCI runtime."""

from grader.sandbox.container.engine import Engine, installed
from grader.sandbox.container.run import ContainerSandbox

__all__ = ["ContainerSandbox", "Engine", "installed"]
