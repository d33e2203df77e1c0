"""Warm backends of a test's own, and their parent's program with a defence taken out.

Production code has no switch for this: a backend is told where its parent's program lies.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox_jobs import INTERPRETER, Runner

from grader.sandbox.linux.cgroups_here import find
from grader.sandbox.warm import WarmSandbox
from grader.sandbox.warm.parents import PROGRAM

LIGHT = ("json", "random", "tempfile", "ctypes")
"""What the parents here import, where no library matters: they start in no time."""


@contextmanager
def warm(folder: Path, program: Path = PROGRAM, **options: object) -> Iterator[Runner]:
    """A backend of its own, so that its parent can be ended or changed."""
    sandbox = WarmSandbox(
        INTERPRETER,
        folder / "runtime",
        groups=find(),
        program=program,
        **{"modules": LIGHT, **options},  # type: ignore[arg-type]
    )
    try:
        yield Runner(sandbox, folder)
    finally:
        sandbox.close()


def weakened(folder: Path, *changes: tuple[str, str, str]) -> Path:
    """The parent's program with text replaced: (file, what is there, what is there instead)."""
    program = folder / "program"
    shutil.copytree(PROGRAM, program, ignore=shutil.ignore_patterns("__pycache__"))
    for file, old, new in changes:
        code = (program / file).read_text()
        assert old in code, f"{file} has changed: {old!r}"
        (program / file).write_text(code.replace(old, new))
    return program
