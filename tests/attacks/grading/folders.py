"""Folders that somebody else packed: a stored run that can be tampered with, a hostile class."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np

from grader.domain.evidence import (
    Answered,
    Evidence,
    Found,
    VariablesAnswer,
    VariableSeen,
)
from grader.domain.hidden import Hidden
from grader.domain.limits import Limits
from grader.domain.run import CellRun, Environment, SandboxFacts, Stopped
from grader.store import StoredRun, save

CELL = {"cell_type": "markdown", "metadata": {}, "source": "nothing"}
NOTEBOOK = json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [CELL]})


def stored(folder: Path, assignment: str = "cnn") -> Path:
    """A stored run with one answer."""
    answer = VariablesAnswer(
        probe="threshold",
        cell=1,
        found=Found(asked="result", used="result"),
        variables=(VariableSeen(name="result", key="result"),),
    )
    run = StoredRun(
        notebook=NOTEBOOK.encode(),
        name="a.ipynb",
        assignment=assignment,
        assignment_version="1",
        sha256="ab",
        hidden=Hidden(seed="00" * 32),
        limits=Limits(),
        asked={"threshold": "00"},
        evidence=Evidence(
            environment=Environment(),
            cells=(CellRun(index=1, status="ok"),),
            answers=(Answered(answer, {"result": np.zeros((2, 2))}),),
            stopped=Stopped(reason="finished"),
            facts=SandboxFacts(sandbox="fake", seconds=1),
        ),
    )
    save(folder, run)
    return folder


def link_to(target: Path) -> Callable[[Path], None]:
    """Puts a symbolic link."""

    def put(path: Path) -> None:
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    return put


def fifo(path: Path) -> None:
    """A pipe that nobody writes to."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    """A socket, whose short name the system asks for."""
    path.unlink(missing_ok=True)
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def directory(path: Path) -> None:
    """A folder of that name."""
    path.unlink(missing_ok=True)
    path.mkdir()


def sparse(path: Path) -> None:
    """A tebibyte that takes no room."""
    with path.open("wb") as file:
        file.truncate(1024**4)


def huge(path: Path) -> None:
    """More than is ever read, sparse as well so that the test's disk holds it."""
    with path.open("ab") as file:
        file.truncate(1025 * 1024**2)


NO_FILES: dict[str, Callable[[Path], None]] = {
    "a link to a secret": link_to(Path("/etc/passwd")),
    "a link to a device": link_to(Path("/dev/zero")),
    "a link to nothing": link_to(Path("/nowhere")),
    "a link to itself": lambda path: link_to(path)(path),
    "a pipe": fifo,
    "a socket": unix_socket,
    "a folder": directory,
    "a sparse tebibyte": sparse,
    "a huge file": huge,
}
