"""Sandboxes by bubblewrap: namespaces, a system call filter and control groups, no daemon."""

from grader.sandbox.bubblewrap.layout import Interpreter
from grader.sandbox.bubblewrap.run import BubblewrapSandbox

__all__ = ["BubblewrapSandbox", "Interpreter"]
