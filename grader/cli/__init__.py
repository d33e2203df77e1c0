"""The command line: parse, call, render."""

from grader.cli.app import main

__all__ = ["main"]
