"""Sandboxes by bubblewrap: namespaces, a system call filter and control groups, no daemon."""

from grader.sandbox.bubblewrap.run import BubblewrapSandbox
from grader.sandbox.linux.layout import Interpreter

__all__ = ["BubblewrapSandbox", "Interpreter"]
