"""Sandboxes forked from a process that has imported the libraries already."""

from grader.sandbox.warm.run import WarmSandbox

__all__ = ["WarmSandbox"]
